/** What can be done with a chapter: play, edit, narrate, have it written again. */

import { post } from "./api.js";
import { hear } from "./chapterrow.js";
import { button, el, setAttribute, setText } from "./dom.js";
import { estimateOf } from "./estimate.js";
import { attempt, complaint } from "./notices.js";
import { onPlayer, player } from "./player.js";

const MAX_REMARK = 2000;

/** Play and edit; while a task runs the latter says why it cannot be. */
export function chapterTools(stage, storyId, number, edit) {
  const play = button("Play", () => hear(storyId, number), { class: "primary" });
  const change = button("Edit", edit);
  const why = el("span", { class: "muted", id: "edit-why" });
  setAttribute(change, "aria-describedby", why.id);
  const node = el("div", { class: "actions" }, play, change, why);
  const updatePlay = () => {
    const word = player.holds(storyId, number) && player.playing ? "Pause" : "Play";
    setText(play, word);
    setAttribute(play, "aria-label", `${word} chapter ${number}`);
  };
  onPlayer(["change"], stage.signal, updatePlay);
  return {
    node,
    focus: () => change.focus(),
    update(story, chapter, editing) {
      play.hidden = !chapter?.audio;
      change.hidden = editing || !chapter?.script;
      change.disabled = Boolean(story.task_id);
      setText(
        why,
        story.task_id && chapter?.script ? "Editing waits until the story is no longer being worked on." : "",
      );
    },
  };
}

/** What it takes to give a chapter its sound. */
export function soundActions(stage, watch, number) {
  const estimate = estimateOf(watch.storyId, stage.signal, [number]);
  const complain = complaint();
  const narrate = button("Narrate chapter", () =>
    attempt(narrate, complain, async () => {
      try {
        await post(`stories/${watch.storyId}/audio`, { chapters: [number] });
      } finally {
        await watch.refresh();
      }
    }),
  );
  const node = el("div", { class: "next" }, estimate.node, complain.node, el("div", { class: "actions" }, narrate));
  return {
    node,
    forget: () => estimate.hide(),
    update(story, chapter, editing) {
      const missing = chapter?.script && (!chapter.audio || chapter.audio.out_of_date);
      node.hidden = !missing || editing || Boolean(story.task_id);
      narrate.className = chapter?.audio ? "" : "primary";
      setText(narrate, chapter?.audio ? "Narrate changed lines" : "Narrate chapter");
      if (!node.hidden) estimate.show(story);
    },
  };
}

/** Have the chapter written again, with a remark. */
export function rewriteForm(watch, number) {
  const complain = complaint({ id: "remark-error" });
  const remark = el("textarea", {
    id: "remark",
    rows: 3,
    maxlength: MAX_REMARK,
    "aria-describedby": "remark-hint remark-error",
  });
  const submit = el("button", {}, "Rewrite chapter");
  const hint = "The author writes the chapter anew and keeps your remark in mind. Your own changes to it go.";
  const form = el(
    "form",
    { class: "rewrite", novalidate: true },
    el("h2", {}, "Rewrite with a remark"),
    el("label", { for: "remark" }, "What should change?"),
    el("p", { class: "hint", id: "remark-hint" }, hint),
    remark,
    complain.node,
    el("div", { class: "actions" }, submit),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(submit, complain, async () => {
      if (!remark.value.trim()) {
        remark.focus();
        throw new Error("Say what should change.");
      }
      try {
        await post(`stories/${watch.storyId}/chapters/${number}/rewrite`, { remark: remark.value.trim() });
        remark.value = "";
      } finally {
        await watch.refresh();
      }
    });
  });
  return {
    node: form,
    update(story, chapter, editing) {
      form.hidden = !chapter?.script || editing || Boolean(story.task_id);
    },
  };
}
