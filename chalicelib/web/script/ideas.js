/** Ideas to start from, for whoever has none. */

/**
 * An idea for a first story: of which kind it is, and whom it is for, where that matters.
 * @typedef {{ kind: string, prompt: string, audience: string }} Starter
 */

/** @type {readonly Starter[]} */
export const STARTERS = [
  {
    kind: "A bedtime story",
    prompt: "A small bear cannot fall asleep, so the moon tells her where all the sounds of the night come from.",
    audience: "A child of four, at bedtime",
  },
  {
    kind: "A mystery",
    prompt:
      "The church bell of a fishing village is gone overnight, and only the retired postwoman asks who carried it.",
    audience: "",
  },
  {
    kind: "Something funny",
    prompt: "A man inherits a hotel whose guests are all retired villains, and the inspector comes on Monday.",
    audience: "",
  },
];

export const IDEAS = [
  "A lighthouse keeper who is afraid of the dark finds out what the light is for.",
  "Two sisters repair an old radio, and somebody answers from the year they were born.",
  "The night bus stops at a place that is on no map, and only the cat gets off.",
  "A dragon who is afraid of heights has to deliver a birthday cake to the top of a mountain.",
  "On the last day of summer a boy trades his shadow for a bicycle, and wants it back by evening.",
  "A detective who never lies must solve a theft that she committed herself.",
  "The smallest robot on the moon is the only one that remembers how to sing.",
  "A baker’s bread makes people tell the truth, and the mayor has just ordered a whole cake.",
  "An old sea captain teaches a class of seven-year-olds how to read the wind.",
  "Every letter that was never sent arrives on the same morning.",
];

/**
 * Return an idea other than the present one.
 * @param {string} present
 * @param {() => number} [chance] a number from 0 up to, and not including, 1
 */
export function anotherIdea(present, chance = Math.random) {
  const others = IDEAS.filter((idea) => idea !== present);
  return others[Math.floor(chance() * others.length)] ?? "";
}

/**
 * Tell whether a text is an idea of ours, or nothing: then no words of a person's are lost with it.
 * @param {string} text
 */
export const isOurs = (text) => !text.trim() || IDEAS.includes(text) || STARTERS.some(({ prompt }) => prompt === text);
