/** The field for a text of one's own: it is pasted, or comes from a file. */

/** @import { Story } from "../types/openapi.d.ts" */

import { toError } from "./api.js";
import { characters } from "./checks.js";
import { confirmed } from "./dialog.js";
import { el, setText } from "./dom.js";
import { field, markInvalid } from "./fields.js";
import { count } from "./format.js";
import { LIMITS } from "./limits.js";
import { formError } from "./notices.js";
import { readTextFile } from "./textfile.js";

const TYPES = ".txt,.md,.epub,text/plain,application/epub+zip";

/**
 * Make the field. `onOpened` is called with the title of a file, or "", once its text stands in the field.
 * @param {AbortSignal} signal
 * @param {string} kept what was typed in before
 * @param {Story["manuscript"]} present the text that a draft has already
 * @param {(title: string) => void} onOpened
 */
export function textField(signal, kept, present, onOpened) {
  const input = el("textarea", { rows: 12, class: "manuscript", dir: "auto", value: kept, spellcheck: "false" });
  const own = field("text", "Your text", input, present ? presentHint(present) : HINT);
  const counter = el("p", { class: "hint counter" });
  const status = el("p", { class: "hint", role: "status" });
  const wrong = formError({ id: "file-error" });
  const file = el("input", { type: "file", id: "file", accept: TYPES, "aria-describedby": "file-hint file-error" });
  const hint = el("p", { class: "hint", id: "file-hint" }, "Plain text, Markdown or EPUB.");
  own.node.append(
    counter,
    el("div", { class: "file" }, el("label", { for: "file" }, "Or open a file"), hint, file, wrong.node, status),
  );

  function describe() {
    setText(counter, countSentence(characters(input.value)));
  }

  /** The text of the file that was opened last. */
  let opened = "";

  /** @param {string} sentence what is wrong with the file */
  const complain = (sentence) => {
    wrong.show(sentence);
    markInvalid(file, sentence !== "");
  };

  /** @param {File} chosen */
  const isPresent = (chosen) => !signal.aborted && file.files?.[0] === chosen;

  async function open() {
    const [chosen] = file.files ?? [];
    if (!chosen) return;
    complain("");
    setText(status, `Reading ${chosen.name}…`);
    try {
      const { title, text } = await readTextFile(chosen);
      if (!isPresent(chosen)) return;
      const mayReplace = !input.value.trim() || input.value === opened || (await replaceTyped());
      if (!isPresent(chosen)) return;
      if (mayReplace) take(chosen.name, title, text);
      else forget("");
    } catch (error) {
      if (isPresent(chosen)) forget(`${chosen.name}: ${toError(error).message}`);
    }
  }

  /** @param {string} name @param {string} title @param {string} text */
  function take(name, title, text) {
    input.value = opened = text;
    input.scrollTop = 0;
    own.error("");
    setText(status, `The text of ${name} is in the field above. You can still change it there.`);
    onOpened(title);
  }

  /**
   * Choose no file, so that the same one can be chosen again.
   * @param {string} why what was wrong with it, or ""
   */
  function forget(why) {
    file.value = "";
    setText(status, "");
    complain(why);
  }

  file.addEventListener("change", open);
  input.addEventListener("input", () => {
    setText(status, "");
    complain("");
  });
  describe();
  return { ...own, describe };
}

/** Ask whether what was typed may be lost. */
const replaceTyped = () =>
  confirmed(
    {
      heading: "Replace the text in the field?",
      sentences: ["The text of the file would take its place."],
      yes: "Replace it",
      no: "Keep it",
    },
    () => {},
  );

const HINT =
  "Paste it here. It is read out word for word, and everyone who speaks in it has a voice of their own. A line such " +
  "as “Chapter 2” or “# The Storm” begins a chapter.";

/** @param {NonNullable<Story["manuscript"]>} present */
const presentHint = ({ opening, characters: size }) =>
  `“${opening}” (${count(size)} characters) is what will be read out. Leave this empty to keep it.`;

/** @param {number} used */
export function countSentence(used) {
  const most = LIMITS.CreateStory.text.maxLength;
  const sentence = `${count(used)} of ${count(most)} characters`;
  return used > most ? `${sentence}: ${count(used - most)} too many` : sentence;
}
