/** What making the rest of a story, the audio of chapters, or a chapter once more, would cost. */

/** @import { Estimate, Estimated, Story } from "../types/openapi.d.ts" */

import { post, toError } from "./api.js";
import { budgetLine } from "./budget.js";
import { pricesAsOf } from "./catalogue.js";
import { el, setText } from "./dom.js";
import { isFree } from "./embedded.js";
import { count, dollars, length, monthTitle } from "./format.js";

/** Characters per second: below this, most of the audio is paid for, and its length says nothing about the price. */
const SLOWEST = 10;

/** @type {Estimated} */
const NOTHING = { input_tokens: 0, output_tokens: 0, characters: 0, audio_seconds: 0, cost_usd: 0 };

/**
 * Make the estimate's place. `show(story, wanted)` asks again only when the story, or what is wanted, has changed, and
 * the number from before is gone from then on; with `choice`, the words have a button of their own. `hide` forgets it.
 * @param {string} storyId
 * @param {AbortSignal} signal
 */
export function estimatePanel(storyId, signal) {
  const line = el("p", { class: "estimate" });
  const parts = el("ul", { class: "hint" });
  const details = el("details", { hidden: true }, el("summary", {}, "What it is made up of"), parts);
  const node = el("div", { hidden: true, "aria-live": "polite" }, line, details);
  let choice = false;
  /** @type {ReturnType<typeof budgetLine> | null} */
  let budget = null;

  const asking = latest({
    clear() {
      setText(line, "Estimating…");
      parts.replaceChildren();
      details.hidden = true;
    },
    load: (/** @type {Estimate} */ wanted) => Promise.all([estimates(storyId, wanted), priceMonth()]),
    show([[all, words], month]) {
      if (signal.aborted) return;
      const sentence = estimateSentence(all, month, isFree());
      setText(line, choice ? `${sentence} ${withoutSound(all, words)}`.trim() : sentence);
      parts.replaceChildren(...breakdown(all, words).map((text) => el("li", {}, text)));
      details.hidden = all.cost_usd === 0;
    },
    fail: (error) => setText(line, `The cost cannot be estimated: ${toError(error).message}`),
  });

  /** @param {Story} story @param {Estimate} wanted @param {boolean} [isChoice] */
  function show(story, wanted, isChoice = false) {
    node.hidden = false;
    choice = isChoice;
    if (asking.ask(`${stateOf(story)} ${JSON.stringify([wanted, isChoice])}`, wanted)) showBudget();
  }
  function showBudget() {
    if (budget) {
      budget.show();
      return;
    }
    budget = budgetLine(signal);
    node.append(budget.node);
  }
  const hide = () => {
    node.hidden = true;
    asking.forget();
  };
  return { node, show, hide };
}

/**
 * Make the line that says what it costs to have a chapter written again; `show` and `hide` as of `estimatePanel`.
 * @param {string} storyId
 * @param {AbortSignal} signal
 * @param {number} rewrite the chapter's number
 */
export function rewritePrice(storyId, signal, rewrite) {
  const node = el("p", { class: "hint", "aria-live": "polite" });
  const asking = latest({
    clear: () => setText(node, "Estimating…"),
    load: () =>
      Promise.all([ask(storyId, { rewrite, audio: false }), ask(storyId, { rewrite, audio: true }), priceMonth()]),
    show: ([words, all, month]) => !signal.aborted && setText(node, rewriteSentence(words, all, month, isFree())),
    fail: (error) => setText(node, `The cost cannot be estimated: ${toError(error).message}`),
  });
  /** @param {Story} story */
  const show = (story) => asking.ask(stateOf(story), undefined);
  return { node, show, hide: asking.forget };
}

/**
 * Return `show(story, lineIds)`, which asks what it costs to have lines of a chapter spoken again. `tell` gets the price
 * of a character in dollars, or null as long as it is not known: of many lines, one question is enough.
 * @param {string} storyId
 * @param {AbortSignal} signal
 * @param {number} number the chapter's
 * @param {(price: number | null) => void} tell
 */
export function againPrice(storyId, signal, number, tell) {
  const asking = latest({
    clear: () => tell(null),
    load: (/** @type {string[]} */ again) => ask(storyId, { chapters: [number], again }),
    show: ({ cost_usd, characters }) => !signal.aborted && tell(characters ? cost_usd / characters : null),
    fail: () => tell(null),
  });
  /** @param {Story} story @param {string[]} lineIds */
  return (story, lineIds) => asking.ask(`${stateOf(story)} ${lineIds.join(" ")}`, lineIds);
}

/**
 * Ask for something that goes out of date: what was shown is cleared as soon as it is asked for again, and only the
 * answer to the last question is shown. Questions follow one another, so that none gets the answer to an earlier one.
 * @template Wanted, Answer
 * @param {object} place
 * @param {() => void} place.clear
 * @param {(wanted: Wanted) => Promise<Answer>} place.load
 * @param {(answer: Answer) => void} place.show
 * @param {(error: unknown) => void} place.fail
 */
export function latest({ clear, load, show, fail }) {
  let asked = "";
  let busy = false;
  /** @type {{ wanted: Wanted } | null} */
  let next = null;

  async function run() {
    busy = true;
    while (next) {
      const { wanted } = next;
      next = null;
      const done = await load(wanted).then(
        (answer) => () => show(answer),
        (error) => () => {
          asked = "";
          fail(error);
        },
      );
      if (!next && asked) done();
    }
    busy = false;
  }

  /** @param {string} key what the answer depends on @param {Wanted} wanted */
  function ask(key, wanted) {
    if (key === asked) return false;
    asked = key;
    next = { wanted };
    clear();
    if (!busy) run();
    return true;
  }
  const forget = () => {
    asked = "";
    next = null;
    clear();
  };
  return { ask, forget };
}

/**
 * Return what of a story says that its price may have changed.
 * @param {Story} story
 */
const stateOf = ({ updated_at, chapters }) =>
  JSON.stringify([updated_at, chapters.map(({ status, version, audio }) => [status, version, audio?.out_of_date])]);

/**
 * @param {string} storyId
 * @param {Estimate} wanted
 */
const ask = (storyId, wanted) => post("/stories/{story_id}/estimate", { story_id: storyId }, wanted);

/**
 * Return the estimate of everything, and of the words alone.
 * @param {string} storyId
 * @param {Estimate} wanted
 * @returns {Promise<[Estimated, Estimated]>}
 */
async function estimates(storyId, wanted) {
  if (wanted.chapters) return [await ask(storyId, wanted), NOTHING];
  const words = ask(storyId, { ...wanted, audio: false });
  return Promise.all([wanted.audio ? ask(storyId, wanted) : words, words]);
}

/**
 * Say what it would take.
 * @param {Estimated} estimate
 * @param {string} month of the prices; "" where it is not known
 * @param {boolean} [free] whether all of it is a demonstration
 */
export function estimateSentence({ characters, audio_seconds, cost_usd }, month, free = false) {
  if (!cost_usd)
    return free ? "Everything it needs is there already." : "Everything it needs has been paid for already.";
  const parts = [];
  if (characters) parts.push(`${count(characters)} characters`);
  if (characters > audio_seconds * SLOWEST) parts.push(`${length(audio_seconds)} of sound`);
  const price = `${[...parts, dollars(cost_usd)].join(", ")}${atPrices(month)}`;
  return free ? `With real providers: about ${price}. Here nothing is charged.` : `About ${price}.`;
}

/** @param {string} month */
const atPrices = (month) => month && ` at list prices of ${monthTitle(month)}`;

/** Return the month of the prices; "" where it is not known: an estimate without it is better than none. */
const priceMonth = () => pricesAsOf().catch(() => "");

/**
 * Say what the words alone would cost.
 * @param {Estimated} all
 * @param {Estimated} words
 */
function withoutSound(all, words) {
  return all.cost_usd > words.cost_usd && words.cost_usd ? `Without sound: ${dollars(words.cost_usd)}.` : "";
}

/**
 * Say what it costs to have a chapter written again, and then narrated.
 * @param {Estimated} words
 * @param {Estimated} all
 * @param {string} month of the prices; "" where it is not known
 * @param {boolean} [free] whether all of it is a demonstration
 */
export function rewriteSentence(words, all, month, free = false) {
  const voices = dollars(all.cost_usd - words.cost_usd);
  const at = month && `,${atPrices(month)}`;
  if (free) {
    return `Writing it again would cost about ${dollars(words.cost_usd)} with a real author. Here nothing is charged; the demonstration can only tell it shorter or longer.`;
  }
  return `Writing it again costs about ${dollars(words.cost_usd)}, narrating it then ${voices}${at}.`;
}

/**
 * Say what the cost is made up of; the voices cost what is left once the words are paid for.
 * @param {Estimated} all
 * @param {Estimated} words
 */
export function breakdown(all, words) {
  const items = [];
  if (words.input_tokens + words.output_tokens) {
    const tokens = `${count(words.input_tokens)} tokens read and ${count(words.output_tokens)} written`;
    items.push(`Words: ${tokens}, ${dollars(words.cost_usd)}`);
  }
  if (all.characters) {
    items.push(`Voices: ${count(all.characters)} characters spoken, ${dollars(all.cost_usd - words.cost_usd)}`);
  }
  return items;
}
