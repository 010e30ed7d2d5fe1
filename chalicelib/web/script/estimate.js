/** What making the rest of a story, the audio of chapters, or a chapter once more, would cost. */

/** @import { Estimate, Estimated, Story } from "../types/openapi.d.ts" */

import { post, toError } from "./api.js";
import { budgetLine } from "./budget.js";
import { unavailableSentence } from "./castwords.js";
import { pricesAsOf } from "./catalogue.js";
import { el, setText } from "./dom.js";
import { demonstration, isFree } from "./embedded.js";
import { breakdown, estimateSentence, rewriteSentence, unchargedSentence, withoutSound } from "./pricewords.js";

/** @type {Estimated} */
const NOTHING = {
  input_tokens: 0,
  output_tokens: 0,
  characters: 0,
  audio_seconds: 0,
  cost_usd: 0,
  unavailable_voices: [],
};

/**
 * Make the estimate's place. `show(story, wanted)` asks again only when the story, or what is wanted, has changed, and
 * the number from before is gone from then on; with `choice`, the words have a button of their own. `hide` forgets it.
 * @param {string} storyId
 * @param {AbortSignal} signal
 */
export function estimatePanel(storyId, signal) {
  const line = el("p", { class: "estimate" });
  const missing = el("p", { class: "hint" });
  const parts = el("ul", { class: "hint" });
  const details = el("details", { hidden: true }, el("summary", {}, "What it is made up of"), parts);
  const node = el("div", { hidden: true, "aria-live": "polite" }, line, missing, details);
  let choice = false;
  /** @type {ReturnType<typeof budgetLine> | null} */
  let budget = null;

  const asking = latest({
    clear() {
      setText(line, "Estimating…");
      setText(missing, "");
      parts.replaceChildren();
      details.hidden = true;
    },
    load: (/** @type {Estimate} */ wanted) => Promise.all([estimates(storyId, wanted), priceMonth()]),
    show([[all, words], month]) {
      if (signal.aborted) return;
      const said = [estimateSentence(all, month, isFree()), choice && withoutSound(all, words)];
      if (all.cost_usd) said.push(unchargedSentence(demonstration()));
      setText(line, said.filter(Boolean).join(" "));
      setText(missing, unavailableSentence(all.unavailable_voices ?? []));
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
      Promise.all([
        estimateOf(storyId, { rewrite, audio: false }),
        estimateOf(storyId, { rewrite, audio: true }),
        priceMonth(),
      ]),
    show: ([words, all, month]) => {
      if (signal.aborted) return;
      const said = [rewriteSentence(words, all, month, isFree()), unchargedSentence(demonstration())];
      setText(node, said.filter(Boolean).join(" "));
    },
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
    load: (/** @type {string[]} */ again) => estimateOf(storyId, { chapters: [number], again }),
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
export const stateOf = ({ updated_at, chapters }) =>
  JSON.stringify([updated_at, chapters.map(({ status, version, audio }) => [status, version, audio?.out_of_date])]);

/**
 * Ask what something would take.
 * @param {string} storyId
 * @param {Estimate} wanted
 */
export const estimateOf = (storyId, wanted) => post("/stories/{story_id}/estimate", { story_id: storyId }, wanted);

/**
 * Return the estimate of everything, and of the words alone.
 * @param {string} storyId
 * @param {Estimate} wanted
 * @returns {Promise<[Estimated, Estimated]>}
 */
async function estimates(storyId, wanted) {
  if (wanted.chapters) return [await estimateOf(storyId, wanted), NOTHING];
  const words = estimateOf(storyId, { ...wanted, audio: false });
  return Promise.all([wanted.audio ? estimateOf(storyId, wanted) : words, words]);
}

/** Return the month of the prices; "" where it is not known: an estimate without it is better than none. */
const priceMonth = () => pricesAsOf().catch(() => "");
