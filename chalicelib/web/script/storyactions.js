/** What can be done next with a story, and what it would cost. */

/** @import { Budget, Estimate, Story } from "../types/openapi.d.ts" */
/** @import { ViewContext } from "./viewcontext.js" */
/** @import { Watch } from "./watch.js" */
/** @import { Short } from "./budget.js" */

import { ApiError, post } from "./api.js";
import { button, el, setText } from "./dom.js";
import { estimatePanel } from "./estimate.js";
import { clock, dollars } from "./format.js";
import { possibleActions, retryEstimate } from "./nextsteps.js";
import { runAction } from "./notices.js";
import { paymentError } from "./payment.js";
import { places } from "./place.js";
import { player } from "./player.js";
import { rewriteOrder } from "./store.js";
import { allWritten, chaptersToNarrate } from "./words.js";

const CONFLICT = 409;

/**
 * Make the buttons that fit the story's state; `update(story)` and `updatePlace()` patch them.
 * @param {ViewContext} context
 * @param {Watch} watch
 */
export function storyActions(context, watch) {
  const { storyId } = watch;
  const error = paymentError(context.signal, (budget, short) => doLess(watch, tasks, budget, short));
  const estimate = estimatePanel(storyId, context.signal);
  const listen = button("Listen", () => {
    const start = watch.story && resumePoint(watch.story);
    if (start) player.play(storyId, start.chapter, start.seconds);
  });
  const tasks = taskButtons(watch, error);
  const { buttons } = tasks;
  const node = el("div", { class: "next" }, estimate.node, error.node);
  node.append(el("div", { class: "actions" }, listen, ...Object.values(buttons)));

  /** @param {Story} story */
  function update(story) {
    const shown = possibleActions(story, watch.lastTask, tasks.refused());
    buttons.retry.hidden = !shown.retry;
    buttons.both.hidden = buttons.write.hidden = !shown.write;
    buttons.narrate.hidden = !shown.narrate;
    listen.className = shown.retry || shown.write || shown.narrate ? "" : "primary";
    const wanted = wantedEstimate(watch, story, shown);
    if (wanted) estimate.show(story, wanted, shown.write);
    else estimate.hide();
    if (watch.running) error.clear();
    if (shown.retry && watch.lastTask?.error_code === "budget_exceeded") error.explain(watch.lastTask.error ?? "");
    updatePlace();
  }

  /** Show where listening would continue. */
  function updatePlace() {
    const start = watch.story && resumePoint(watch.story);
    listen.hidden = !start || player.storyId === storyId;
    if (!start) return;
    setText(listen, start.kept ? `Continue with chapter ${start.chapter}, ${clock(start.seconds)}` : "Listen");
  }
  places.addEventListener("moved", updatePlace, { signal: context.signal });
  places.refresh(storyId);
  return { node, update, updatePlace };
}

/**
 * Return what the buttons shown would buy; null where there are none, or it is not known.
 * @param {Watch} watch
 * @param {Story} story
 * @param {ReturnType<typeof possibleActions>} shown
 * @returns {Estimate | null}
 */
function wantedEstimate({ lastTask }, story, shown) {
  if (shown.retry) return retryEstimate(story, lastTask, rewriteOrder.chapterOf(lastTask?.task_id));
  if (shown.write) return { audio: true };
  return shown.narrate ? { chapters: chaptersToNarrate(story) } : null;
}

/**
 * Make the buttons that start tasks. `refused` gives the task that cannot be retried, `tried` the button pressed last.
 * @param {Watch} watch
 * @param {import("./notices.js").FormError} error
 */
function taskButtons(watch, error) {
  const parameters = { story_id: watch.storyId };
  const primary = { class: "primary" };
  /** @type {string | null} */
  let refused = null;
  let tried = "";
  /**
   * @param {string} label
   * @param {import("./dom.js").Attributes} attributes
   * @param {(story: Story) => Promise<unknown>} start
   */
  const act = (label, attributes, start) => {
    const pressed = button(
      label,
      () =>
        runAction(pressed, error, async () => {
          tried = label;
          try {
            if (watch.story) await start(watch.story);
          } finally {
            await watch.refresh();
          }
        }),
      attributes,
    );
    return pressed;
  };
  /** @param {Story} story */
  const retry = async ({ last_task_id }) => {
    if (!last_task_id) return;
    try {
      await post("/tasks/{task_id}/retry", { task_id: last_task_id }, {});
    } catch (thrown) {
      if (thrown instanceof ApiError && thrown.status === CONFLICT) refused = last_task_id;
      throw thrown;
    }
  };
  const buttons = {
    retry: act("Retry", primary, retry),
    both: act("Write and narrate", primary, () => generate(watch.storyId, true)),
    write: act("Write only", {}, () => generate(watch.storyId, false)),
    narrate: act("Narrate", primary, (story) =>
      post("/stories/{story_id}/audio", parameters, { chapters: chaptersToNarrate(story) }),
    ),
  };
  return { buttons, refused: () => refused, tried: () => tried };
}

/**
 * Have every chapter written.
 * @param {string} storyId
 * @param {boolean} audio
 */
async function generate(storyId, audio) {
  try {
    await post("/stories/{story_id}/generate", { story_id: storyId }, { audio });
  } catch (thrown) {
    if (!(thrown instanceof ApiError) || !thrown.message.startsWith("sequel_of: ")) throw thrown;
    const way = "Open “Change the draft” below, and choose “Not a next book” to tell it on its own.";
    throw new Error(`The book that this one continues has been deleted. ${way}`, { cause: thrown });
  }
}

/**
 * List what would take less money than what was refused: the words alone, or one chapter's narration.
 * @param {Watch} watch
 * @param {ReturnType<typeof taskButtons>} tasks
 * @param {Budget} budget
 * @param {Short} short
 */
async function doLess({ story, storyId, lastTask }, tasks, budget, short) {
  if (!story) return [];
  // What is left of a story's own budget is not known, but it is not nothing for sure.
  const left = short === "story" ? Number.POSITIVE_INFINITY : (budget.remaining_usd ?? Number.POSITIVE_INFINITY);
  const ways = [];
  const silent =
    tasks.tried() === "Write only" || (tasks.tried() !== "Write and narrate" && lastTask?.kind === "story");
  if (!allWritten(story) && !silent) {
    const parameters = { story_id: storyId };
    const { cost_usd } = await post("/stories/{story_id}/estimate", parameters, { audio: false });
    if (cost_usd <= left) ways.push(wordsAlone(dollars(cost_usd), tasks.buttons.write));
  }
  const [first, second] = chaptersToNarrate(story);
  if (first && second && left > 0) {
    const link = el("a", { href: `#/story/${storyId}/${first}` }, `chapter ${first}`);
    ways.push(el("span", {}, "Narrate fewer chapters: open one, such as ", link, ", and narrate it alone."));
  }
  return ways;
}

/**
 * Offer to write without sound, with a button where the one that does so is not to be seen.
 * @param {string} price
 * @param {HTMLButtonElement} write
 */
function wordsAlone(price, write) {
  const sentence = `Write only, and narrate later: the words alone come to ${price}. `;
  return el("span", {}, sentence, write.hidden && button("Write without sound", () => write.click()));
}

/**
 * Return where listening continues, or begins: null while nothing can be played.
 * @param {Story} story
 */
function resumePoint({ story_id, chapters }) {
  const kept = places.get(story_id);
  const begun = kept && (kept.chapter > 1 || kept.seconds > 0);
  if (begun && chapters[kept.chapter - 1]?.audio) return { ...kept, kept: true };
  const first = chapters.find(({ audio }) => audio);
  return first ? { chapter: first.number, seconds: 0, kept: false } : null;
}
