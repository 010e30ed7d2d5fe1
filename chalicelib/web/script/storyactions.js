/** What can be done next with a story, and what it would cost. */

import { post } from "./api.js";
import { button, el, setText } from "./dom.js";
import { estimateOf } from "./estimate.js";
import { clock } from "./format.js";
import { attempt, complaint } from "./notices.js";
import { player } from "./player.js";
import { place } from "./store.js";
import { allWritten, unspoken } from "./words.js";

/** The buttons that fit the story's state; `update(story)` and `updatePlace()` patch them. */
export function storyActions(stage, watch) {
  const { storyId } = watch;
  const complain = complaint();
  const estimate = estimateOf(storyId, stage.signal);
  const act = (label, props, path, body) => {
    const pressed = button(label, () => attempt(pressed, complain, () => start(path(), body?.())), props);
    return pressed;
  };
  const start = async (path, body) => {
    try {
      await post(path, body);
    } finally {
      await watch.refresh();
    }
  };
  const listen = button("Listen", () => {
    const { chapter, seconds } = startingPlace(watch.story);
    player.play(storyId, chapter, seconds);
  });
  const generate = () => `stories/${storyId}/generate`;
  const narration = () => `stories/${storyId}/audio`;
  const buttons = {
    retry: act("Retry", { class: "primary" }, () => `tasks/${watch.story.last_task_id}/retry`),
    both: act("Write and narrate", { class: "primary" }, generate, () => ({ audio: true })),
    write: act("Write only", {}, generate, () => ({ audio: false })),
    narrate: act("Narrate", { class: "primary" }, narration, () => ({ chapters: unspoken(watch.story) })),
  };
  const node = el("div", { class: "next" }, estimate.node, complain.node);
  node.append(el("div", { class: "actions" }, listen, ...Object.values(buttons)));

  function update(story) {
    const idle = !story.task_id;
    const stopped = ["failed", "cancelled"].includes(story.status);
    const shown = {
      retry: idle && stopped && Boolean(story.last_task_id),
      both: idle && !allWritten(story),
      write: idle && !allWritten(story),
      narrate: idle && unspoken(story).length > 0 && (allWritten(story) || stopped),
    };
    for (const [name, pressed] of Object.entries(buttons)) pressed.hidden = !shown[name];
    for (const name of ["both", "narrate"]) buttons[name].className = shown.retry ? "" : "primary";
    listen.className = Object.values(shown).includes(true) ? "" : "primary";
    if (shown.both || shown.narrate) estimate.show(story);
    else estimate.hide();
    updatePlace();
  }

  function updatePlace() {
    const start = startingPlace(watch.story);
    listen.hidden = !start || player.storyId === storyId;
    if (!start) return;
    const onward = `Continue with chapter ${start.chapter}, ${clock(start.seconds)}`;
    setText(listen, start.kept ? onward : "Listen");
  }
  return { node, update, updatePlace };
}

/** Where listening goes on, or begins: null while nothing can be heard. */
function startingPlace({ story_id, chapters }) {
  const kept = place.get(story_id);
  if (kept && chapters[kept.chapter - 1]?.audio) return { ...kept, kept: true };
  const first = chapters.find(({ audio }) => audio);
  return first ? { chapter: first.number, seconds: 0 } : null;
}
