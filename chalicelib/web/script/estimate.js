/** What making the rest of a story, or the audio of a chapter, would cost. */

/** @import { Estimate, Estimated, Story } from "../types/openapi.d.ts" */

import { post, toError } from "./api.js";
import { pricesAsOf } from "./catalogue.js";
import { el, setText } from "./dom.js";
import { count, dollars, length, monthTitle } from "./format.js";

/** Characters per second: below this, most of the audio is paid for, and its length says nothing about the price. */
const SLOWEST = 10;

/** @type {Estimated} */
const NOTHING = { input_tokens: 0, output_tokens: 0, characters: 0, audio_seconds: 0, cost_usd: 0 };

/**
 * Make the estimate's place: of all that is missing, or of the audio of some `chapters` alone. `show(story)` asks again
 * only when the story has changed, and `hide` forgets it.
 * @param {string} storyId
 * @param {AbortSignal} signal
 * @param {number[]} [chapters]
 */
export function estimatePanel(storyId, signal, chapters) {
  const line = el("p", { class: "estimate" });
  const parts = el("ul", { class: "hint" });
  const details = el("details", { hidden: true }, el("summary", {}, "What it is made up of"), parts);
  const node = el("div", { hidden: true, "aria-live": "polite" }, line, details);
  let asked = "";

  /** @param {Story} story */
  async function show(story) {
    node.hidden = false;
    const state = `${story.updated_at} ${story.chapters.map(({ status }) => status)}`;
    if (state === asked) return;
    asked = state;
    // What stood there was the price of something else by now.
    setText(line, "Estimating…");
    details.hidden = true;
    try {
      // An estimate without its month is better than none.
      const [[all, words], month] = await Promise.all([estimates(storyId, chapters), pricesAsOf().catch(() => "")]);
      if (signal.aborted || state !== asked) return;
      setText(line, estimateSentence(all, month));
      parts.replaceChildren(...breakdown(all, words).map((text) => el("li", {}, text)));
      details.hidden = all.cost_usd === 0;
    } catch (error) {
      if (signal.aborted || state !== asked) return;
      setText(line, `The cost cannot be estimated: ${toError(error).message}`);
      details.hidden = true;
      asked = "";
    }
  }
  const hide = () => {
    node.hidden = true;
    asked = "";
  };
  return { node, show, hide };
}

/**
 * Return the estimate of everything, and of the words alone.
 * @param {string} storyId
 * @param {number[]} [chapters]
 */
function estimates(storyId, chapters) {
  /** @param {Estimate} wanted */
  const ask = (wanted) => post("/stories/{story_id}/estimate", { story_id: storyId }, wanted);
  return Promise.all(chapters ? [ask({ chapters }), NOTHING] : [ask({ audio: true }), ask({ audio: false })]);
}

/**
 * Say what it would take.
 * @param {Estimated} estimate
 * @param {string} month of the prices; "" where it is not known
 */
export function estimateSentence({ characters, audio_seconds, cost_usd }, month) {
  if (!cost_usd) return "Everything it needs has been paid for already.";
  const parts = [];
  if (characters) parts.push(`${count(characters)} characters`);
  if (characters > audio_seconds * SLOWEST) parts.push(`${length(audio_seconds)} of sound`);
  return `About ${[...parts, dollars(cost_usd)].join(", ")}${month && ` at list prices of ${monthTitle(month)}`}.`;
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
