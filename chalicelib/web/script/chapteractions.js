/** What can be done with a chapter: play, edit, narrate, have it written again. */

/** @import { ChapterAlone, Story } from "../types/openapi.d.ts" */
/** @import { ViewContext } from "./viewcontext.js" */
/** @import { Watch } from "./watch.js" */

import { post } from "./api.js";
import { togglePlayback } from "./chapterrow.js";
import { button, el, setAttribute, setText } from "./dom.js";
import { demonstration } from "./embedded.js";
import { estimatePanel, rewritePrice } from "./estimate.js";
import { LIMITS } from "./limits.js";
import { runAction } from "./notices.js";
import { paymentError } from "./payment.js";
import { places } from "./place.js";
import { player } from "./player.js";
import { rewriteOrder } from "./store.js";

/** @typedef {(story: Story, chapter: ChapterAlone | null, editing: boolean) => void} Update */

const REWRITE_HINT =
  "The author writes the chapter again with your remark in mind, and keeps the lines that it does not touch.";
const SHOWN_HINT = "In this demonstration a chapter can only be told shorter or longer, whatever the remark says.";

/**
 * Make the buttons to play and to edit; while a task runs, the latter says why it has to wait.
 * @param {ViewContext} context
 * @param {string} storyId
 * @param {number} number
 * @param {() => void} edit
 */
export function chapterTools(context, storyId, number, edit) {
  const play = button("Play", () => togglePlayback(storyId, number), { class: "primary" });
  const why = el("span", { class: "muted", id: "edit-why" });
  const change = button("Edit", edit, { "aria-describedby": why.id });
  const node = el("div", { class: "actions" }, play, change, why);
  // Another device may have gone on; playing begins where it is.
  if (player.storyId !== storyId) places.refresh(storyId);
  context.onPlayer(["change"], () => {
    const word = player.holds(storyId, number) && player.playing ? "Pause" : "Play";
    setText(play, word);
    setAttribute(play, "aria-label", `${word} chapter ${number}`);
  });
  /** @type {Update} */
  const update = (story, chapter, editing) => {
    const waits = Boolean(story.task_id);
    play.hidden = !chapter?.audio;
    change.hidden = editing || !chapter?.script;
    change.disabled = waits;
    setText(why, waits && chapter?.script ? "You can edit once Fireside has finished working on the story." : "");
  };
  return { node, update, focus: () => change.focus() };
}

/**
 * Make the estimate of a chapter's audio, and the button that has it narrated.
 * @param {ViewContext} context
 * @param {Watch} watch
 * @param {number} number
 */
export function narrationActions(context, watch, number) {
  const { storyId } = watch;
  const estimate = estimatePanel(storyId, context.signal);
  const error = paymentError(context.signal);
  const narrate = button("Narrate chapter", () => runAction(narrate, error, start));
  const node = el("div", { class: "next" }, estimate.node, error.node, el("div", { class: "actions" }, narrate));

  async function start() {
    try {
      await post("/stories/{story_id}/audio", { story_id: storyId }, { chapters: [number] });
    } finally {
      await watch.refresh();
    }
  }
  /** @type {Update} */
  const update = (story, chapter, editing) => {
    const missing = chapter?.script && (!chapter.audio || chapter.audio.out_of_date);
    node.hidden = !missing || editing || Boolean(story.task_id);
    narrate.className = chapter?.audio ? "" : "primary";
    setText(narrate, chapter?.audio ? "Narrate changed lines" : "Narrate chapter");
    if (node.hidden) estimate.hide();
    else estimate.show(story, { chapters: [number] });
  };
  return { node, update, forget: () => estimate.hide() };
}

/**
 * Make the form that has the chapter written again, with a remark, or in line with those before it; its price stands
 * beside the buttons.
 * @param {ViewContext} context
 * @param {Watch} watch
 * @param {number} number
 */
export function rewriteForm(context, watch, number) {
  const error = paymentError(context.signal, undefined, { id: "remark-error" });
  const remark = el("textarea", {
    id: "remark",
    rows: 3,
    maxlength: LIMITS.Rewrite.remark.maxLength,
    "aria-describedby": "remark-hint remark-error",
  });
  const submit = el("button", {}, "Rewrite chapter");
  const align = button("Bring it in line", () => runAction(align, error, () => rewrite(watch, number, null)));
  const price = rewritePrice(watch.storyId, context.signal, number);
  const hint = demonstration().includes("author") ? SHOWN_HINT : REWRITE_HINT;
  const node = el(
    "form",
    { class: "rewrite", novalidate: true },
    el("h2", {}, "Rewrite with a remark"),
    el("label", { for: "remark" }, "What should change?"),
    el("p", { class: "hint", id: "remark-hint" }, hint),
    remark,
    price.node,
    error.node,
    el("div", { class: "actions" }, submit, align),
  );
  node.addEventListener("submit", (event) => {
    event.preventDefault();
    runAction(submit, error, () => rewrite(watch, number, remark));
  });
  /** @type {Update} */
  const update = (story, chapter, editing) => {
    node.hidden = !chapter?.script || editing || Boolean(story.task_id);
    align.hidden = !chapter?.based_on_older;
    if (node.hidden) price.hide();
    else price.show(story);
  };
  return { node, update };
}

/**
 * @param {Watch} watch
 * @param {number} number
 * @param {HTMLTextAreaElement | null} field the remark; null to bring the chapter in line with those before it
 */
async function rewrite(watch, number, field) {
  const remark = field?.value.trim();
  if (field && !remark) {
    field.focus();
    throw new Error("Say what should change.");
  }
  try {
    const parameters = { story_id: watch.storyId, number };
    const { task_id } = await post(
      "/stories/{story_id}/chapters/{number}/rewrite",
      parameters,
      remark ? { remark } : {},
    );
    rewriteOrder.set(task_id, number);
    if (field) field.value = "";
  } finally {
    await watch.refresh();
  }
}
