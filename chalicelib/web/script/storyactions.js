/** What can be done next with a story, and what it would cost. */

/** @import { Story } from "../types/openapi.d.ts" */
/** @import { ViewContext } from "./viewcontext.js" */
/** @import { Watch } from "./watch.js" */

import { ApiError, post } from "./api.js";
import { button, el, setText } from "./dom.js";
import { estimatePanel } from "./estimate.js";
import { clock } from "./format.js";
import { formError, runAction } from "./notices.js";
import { player } from "./player.js";
import { place } from "./store.js";
import { chaptersToNarrate, possibleActions } from "./words.js";

/**
 * Make the buttons that fit the story's state; `update(story)` and `updatePlace()` patch them.
 * @param {ViewContext} context
 * @param {Watch} watch
 */
export function storyActions(context, watch) {
  const { storyId } = watch;
  const error = formError();
  const estimate = estimatePanel(storyId, context.signal);
  const listen = button("Listen", () => {
    const start = watch.story && resumePoint(watch.story);
    if (start) player.play(storyId, start.chapter, start.seconds);
  });
  /** The task whose retry was refused. @type {string | null} */
  let refused = null;
  const buttons = taskButtons(watch, error, (taskId) => {
    refused = taskId;
  });
  const node = el("div", { class: "next" }, estimate.node, error.node);
  node.append(el("div", { class: "actions" }, listen, ...Object.values(buttons)));

  /** @param {Story} story */
  function update(story) {
    const shown = possibleActions(story);
    buttons.retry.hidden = !shown.retry;
    // One way on: a retry makes what is missing. Only when it was refused, such as for a text that was edited since,
    // the others take its place.
    const others = !shown.retry || refused === story.last_task_id;
    buttons.both.hidden = buttons.write.hidden = !(others && shown.write);
    buttons.narrate.hidden = !(others && shown.narrate);
    listen.className = shown.retry || shown.write || shown.narrate ? "" : "primary";
    if (shown.write || shown.narrate) estimate.show(story);
    else estimate.hide();
    updatePlace();
  }

  /** Show where listening would continue. */
  function updatePlace() {
    const start = watch.story && resumePoint(watch.story);
    listen.hidden = !start || player.storyId === storyId;
    if (!start) return;
    setText(listen, start.kept ? `Continue with chapter ${start.chapter}, ${clock(start.seconds)}` : "Listen");
  }
  return { node, update, updatePlace };
}

/**
 * Make the buttons that start tasks.
 * @param {Watch} watch
 * @param {import("./notices.js").FormError} error
 * @param {(taskId: string) => void} onRefused called with a task that cannot be retried
 */
function taskButtons(watch, error, onRefused) {
  const parameters = { story_id: watch.storyId };
  const primary = { class: "primary" };
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
  return {
    retry: act("Retry", primary, async ({ last_task_id }) => {
      if (!last_task_id) return;
      try {
        await post("/tasks/{task_id}/retry", { task_id: last_task_id }, {});
      } catch (thrown) {
        if (thrown instanceof ApiError && thrown.status === 409) onRefused(last_task_id);
        throw thrown;
      }
    }),
    both: act("Write and narrate", primary, () => post("/stories/{story_id}/generate", parameters, { audio: true })),
    write: act("Write only", {}, () => post("/stories/{story_id}/generate", parameters, { audio: false })),
    narrate: act("Narrate", primary, (story) =>
      post("/stories/{story_id}/audio", parameters, { chapters: chaptersToNarrate(story) }),
    ),
  };
}

/**
 * Return where listening continues, or begins: null while nothing can be played.
 * @param {Story} story
 */
function resumePoint({ story_id, chapters }) {
  const kept = place.get(story_id);
  if (kept && chapters[kept.chapter - 1]?.audio) return { ...kept, kept: true };
  const first = chapters.find(({ audio }) => audio);
  return first ? { chapter: first.number, seconds: 0, kept: false } : null;
}
