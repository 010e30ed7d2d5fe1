/** A chapter's script to change: its lines with their speakers, to be written, added, moved and deleted. */

/** @import { ChapterAlone, Story } from "../types/openapi.d.ts" */
/** @import { Row } from "./linelist.js" */

import { ApiError, put, toError } from "./api.js";
import { button, el } from "./dom.js";
import { LineList } from "./linelist.js";
import { announce, formError, runAction } from "./notices.js";

const CONFLICT = 409;
const CHANGED =
  "This chapter was changed in another window or on another device since you began. Nothing of yours is saved yet: copy " +
  "what you want to keep, discard your changes, and edit again.";

/**
 * Make the form; `changed()` tells whether something would be lost.
 * @param {Story} story
 * @param {ChapterAlone} chapter
 * @param {boolean} performs whether the narrator's model performs directions
 * @param {(saved: ChapterAlone | null) => void} done called with the saved chapter, or null when changes are discarded
 */
export function scriptEditor(story, chapter, performs, done) {
  const error = formError();
  const before = (chapter.script?.lines ?? []).map(({ line_id, speaker, text }) => ({ line_id, speaker, text }));
  const list = new LineList(story, before, performs);
  const save = el("button", { class: "primary" }, "Save");
  const discard = button("Discard", () => done(null));
  const actions = el("div", { class: "actions stuck" }, save, discard);
  const form = el("form", { class: "editor", novalidate: true }, list.node, error.node, actions);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    for (const row of list.rows) row.error("");
    const empty = list.rows.find((row) => !row.text.value.trim());
    if (empty) showError(empty, "A line needs some text.");
    else runAction(save, error, send);
  });

  async function send() {
    try {
      const { number, version } = chapter;
      const parameters = { story_id: story.story_id, number };
      const body = { lines: list.values(), version };
      const saved = await put("/stories/{story_id}/chapters/{number}/script", parameters, body);
      announce("Saved.");
      done(saved);
    } catch (thrown) {
      const { message } = toError(thrown);
      if (thrown instanceof ApiError && thrown.status === CONFLICT && /version|meanwhile/.test(message)) {
        throw new Error(CHANGED, { cause: thrown });
      }
      const [, index, sentence] = /^lines\[(\d+)\][^:]*: (.*)$/s.exec(message) ?? [];
      const row = list.rows[Number(index)];
      if (!row) throw new Error(message.replace(/^\w+: /, ""), { cause: thrown });
      showError(row, sentence ?? message);
    }
  }

  return {
    node: form,
    changed: () => JSON.stringify(list.values()) !== JSON.stringify(before),
    focus: () => list.rows[0]?.text.focus({ preventScroll: true }),
  };
}

/**
 * @param {Row} row
 * @param {string} sentence
 */
function showError(row, sentence) {
  row.error(sentence);
  row.text.focus();
}
