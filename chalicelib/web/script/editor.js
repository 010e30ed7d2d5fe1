/** A chapter's script to change: each line with its speaker. */

/** @import { ChapterAlone, Line, Story } from "../types/openapi.d.ts" */

import { put, toError } from "./api.js";
import { button, el, setText } from "./dom.js";
import { markInvalid } from "./fields.js";
import { announce, formError, runAction } from "./notices.js";

/**
 * Make the form; `changed()` tells whether something would be lost.
 * @param {Story} story
 * @param {ChapterAlone} chapter
 * @param {(saved: ChapterAlone | null) => void} done called with the saved chapter, or null when changes are discarded
 */
export function scriptEditor(story, chapter, done) {
  const error = formError();
  const rows = (chapter.script?.lines ?? []).map((line, at) => lineFields(story, line, at + 1));
  const save = el("button", { class: "primary" }, "Save");
  const discard = button("Discard", () => done(null));
  const form = el(
    "form",
    { class: "editor", novalidate: true },
    el("ol", { role: "list", lang: story.language }, ...rows.map((row) => row.node)),
    error.node,
    el("div", { class: "actions stuck" }, save, discard),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    for (const row of rows) row.error("");
    const empty = rows.find((row) => !row.text.value.trim());
    if (empty) showError(empty, "A line needs some text.");
    else runAction(save, error, send);
  });

  async function send() {
    try {
      const saved = await saveLines(
        story,
        chapter,
        rows.map((row) => row.value()),
      );
      announce("Saved.");
      done(saved);
    } catch (thrown) {
      const { message } = toError(thrown);
      const [, index, sentence] = /^lines\[(\d+)\][^:]*: (.*)$/s.exec(message) ?? [];
      const row = rows[Number(index)];
      if (!row) throw new Error(message.replace(/^\w+: /, ""), { cause: thrown });
      showError(row, sentence ?? message);
    }
  }

  return {
    node: form,
    changed: () => rows.some((row) => row.changed()),
    focus: () => rows[0]?.text.focus({ preventScroll: true }),
  };
}

/**
 * @param {Story} story
 * @param {ChapterAlone} chapter
 * @param {Array<{ line_id: string, speaker: string, text: string }>} lines
 */
function saveLines({ story_id }, { number, version }, lines) {
  return put("/stories/{story_id}/chapters/{number}/script", { story_id, number }, { lines, version });
}

/**
 * @param {ReturnType<typeof lineFields>} row
 * @param {string} sentence
 */
function showError(row, sentence) {
  row.error(sentence);
  row.text.focus();
}

/**
 * Make the fields of one line.
 * @param {Story} story
 * @param {Line} line
 * @param {number} number
 */
function lineFields(story, line, number) {
  const speaker = el("select", { "aria-label": "Speaker" });
  for (const name of new Set([...story.cast, line.speaker])) speaker.append(el("option", { value: name }, name));
  speaker.value = line.speaker;
  const wrong = el("p", { class: "form-error", id: `wrong-${number}` });
  const text = el("textarea", {
    "aria-label": `Line ${number}`,
    "aria-describedby": wrong.id,
    rows: Math.max(2, Math.ceil(line.text.length / 60)),
    dir: "auto",
    value: line.text,
  });
  return {
    node: el("li", {}, speaker, text, wrong),
    text,
    value: () => ({ line_id: line.line_id, speaker: speaker.value, text: text.value.trim() }),
    changed: () => speaker.value !== line.speaker || text.value !== line.text,
    /** @param {string} sentence */
    error: (sentence) => {
      setText(wrong, sentence);
      markInvalid(text, sentence !== "");
    },
  };
}
