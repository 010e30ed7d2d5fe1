/** A chapter's script to change: each line with its speaker. */

import { put } from "./api.js";
import { button, el, setText } from "./dom.js";
import { announce, attempt, complaint } from "./notices.js";

/**
 * The form; `changed()` is whether something would be lost, `done(chapter)` is called with the saved chapter, or with
 * null when the changes are discarded.
 */
export function scriptEditor(story, chapter, done) {
  const complain = complaint();
  const rows = chapter.script.lines.map((line, at) => lineFields(story, line, at + 1));
  const save = el("button", { class: "primary" }, "Save");
  const discard = button("Discard", () => done(null));
  const form = el(
    "form",
    { class: "editor", novalidate: true },
    el("ol", { role: "list", lang: story.language }, ...rows.map((row) => row.node)),
    complain.node,
    el("div", { class: "actions stuck" }, save, discard),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    for (const row of rows) row.error("");
    const empty = rows.find((row) => !row.text.value.trim());
    if (empty) blame(empty, "A line needs some text.");
    else attempt(save, complain, send);
  });

  async function send() {
    const lines = rows.map(({ line, speaker, text }) => ({
      line_id: line.line_id,
      speaker: speaker.value,
      text: text.value.trim(),
    }));
    try {
      const path = `stories/${story.story_id}/chapters/${chapter.number}/script`;
      const saved = await put(path, { lines, version: chapter.version });
      announce("Saved.");
      done(saved);
    } catch (error) {
      const [, index, sentence] = /^lines\[(\d+)\][^:]*: (.*)$/s.exec(error.message) ?? [];
      if (!rows[index]) throw new Error(error.message.replace(/^\w+: /, ""), { cause: error });
      blame(rows[index], sentence);
    }
  }

  function blame(row, sentence) {
    row.error(sentence);
    row.text.focus();
  }

  return {
    node: form,
    changed: () => rows.some(({ line, speaker, text }) => speaker.value !== line.speaker || text.value !== line.text),
    focus: () => rows[0].text.focus({ preventScroll: true }),
  };
}

function lineFields(story, line, number) {
  const speaker = el("select", { "aria-label": "Speaker" });
  for (const name of new Set([...story.cast, line.speaker])) speaker.append(el("option", { value: name }, name));
  speaker.value = line.speaker;
  const wrong = el("p", { class: "complaint", id: `wrong-${number}` });
  const text = el("textarea", {
    "aria-label": `Line ${number}`,
    "aria-describedby": wrong.id,
    rows: Math.max(2, Math.ceil(line.text.length / 60)),
    dir: "auto",
    value: line.text,
  });
  const error = (sentence) => {
    setText(wrong, sentence);
    if (sentence) text.setAttribute("aria-invalid", "true");
    else text.removeAttribute("aria-invalid");
  };
  const node = el("li", {}, speaker, text, wrong);
  return { node, line, speaker, text, error };
}
