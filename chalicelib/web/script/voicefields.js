/** Who speaks with which voice: the narrator, and any characters that the story must then have. */

/** @import { CastVoice } from "../types/openapi.d.ts" */
/** @import { VoicesDraft } from "./store.js" */

import { allVoices } from "./catalogue.js";
import { checkName } from "./checks.js";
import { button, el, setText } from "./dom.js";
import { LIMITS } from "./limits.js";
import { errorPanel } from "./notices.js";
import { voiceChoice } from "./voicechoice.js";

/** @typedef {{ name: HTMLInputElement, select: HTMLSelectElement, node: HTMLElement }} CharacterRow */

/** The fieldset, whose voices are fetched when it is filled. */
export class VoiceFields {
  #body = el("div");
  #wrong = el("p", { class: "form-error", id: "voices-error" });
  #list = el("div", { class: "rows" });
  /** @type {CharacterRow[]} */
  #rows = [];
  /** @type {VoicesDraft} */
  #kept = { narrator: "", characters: [] };
  /** @type {HTMLSelectElement | null} */
  #narrator = null;
  /** @type {readonly CastVoice[]} */
  #voices = [];
  #serial = 0;
  #hint = el("p", { class: "hint" });

  /**
   * @param {AbortSignal} signal
   * @param {boolean} continues whether it is a next book, whose people have voices already
   * @param {() => void} onChange called when a row is removed
   */
  constructor(signal, continues, onChange) {
    this.signal = signal;
    this.continues = continues;
    this.onChange = onChange;
    this.node = el(
      "fieldset",
      { class: "voices", "aria-describedby": this.#wrong.id },
      el("legend", {}, "Voices"),
      this.#hint,
      this.#body,
      this.#wrong,
    );
  }

  /**
   * Say who gets which voice.
   * @param {boolean} told whether a text is read out, so that nobody can be added to it
   */
  ask(told) {
    const known = this.continues
      ? "Whoever returns keeps the voice they had, and whoever is new gets one that suits them."
      : "Every character gets a voice that suits them.";
    const name = told
      ? "You can also choose one for somebody, by the name they have in the text."
      : "You can also name one, who is then in the story.";
    setText(this.#hint, `${known} ${name}`);
  }

  /**
   * Return the voices as the API takes them, or null where a row is wrong: then it says so and has the focus.
   * @returns {Record<string, string> | null}
   */
  value() {
    /** @type {Map<string, string>} */
    const chosen = new Map();
    if (this.#narrator?.value) chosen.set("Narrator", this.#narrator.value);
    const taken = new Set();
    for (const { name, select } of this.#rows) {
      const text = name.value.trim();
      const problem = checkName(text, taken, LIMITS.CreateStory.voices);
      this.error(problem);
      name.setAttribute("aria-invalid", String(problem !== ""));
      if (problem) {
        name.focus();
        return null;
      }
      taken.add(text);
      chosen.set(text, select.value);
    }
    return Object.fromEntries(chosen);
  }

  /**
   * Return what is typed in.
   * @returns {VoicesDraft}
   */
  draft() {
    if (!this.#narrator) return this.#kept;
    const characters = this.#rows.map(({ name, select }) => ({ name: name.value, voice: select.value }));
    return { narrator: this.#narrator.value, characters };
  }

  /**
   * Show what was typed in before.
   * @param {VoicesDraft} [draft]
   */
  async fill(draft) {
    this.#kept = draft ?? this.#kept;
    this.#body.replaceChildren(el("p", { class: "loading" }, "Loading the voices…"));
    try {
      this.#voices = await allVoices();
      if (!this.signal.aborted) this.#draw();
    } catch (error) {
      if (!this.signal.aborted) this.#body.replaceChildren(errorPanel(error, () => this.fill()));
    }
  }

  /**
   * Say what is wrong with the voices, or "".
   * @param {string} text
   */
  error(text) {
    setText(this.#wrong, text);
  }

  #draw() {
    const open = this.continues ? "As in the book before" : "Whoever suits the story";
    const options = { voices: this.#voices, chosen: this.#kept.narrator, open };
    const narrator = voiceChoice(this.signal, "narrator", "Narrator", options);
    this.#narrator = narrator.select;
    const add = button("Add a character with a voice", () => this.#addRow("", "").name.focus());
    this.#body.replaceChildren(narrator.node, this.#list, add);
    for (const { name, voice } of this.#kept.characters) this.#addRow(name, voice);
  }

  /**
   * @param {string} name
   * @param {string} voice "" for one that no other row is likely to have
   */
  #addRow(name, voice) {
    const id = `voice-${++this.#serial}`;
    const input = el("input", { id: `${id}-name`, value: name, autocomplete: "off" });
    const there = this.#voices.filter(({ available }) => available !== false);
    const another = there[this.#serial % there.length]?.voice_id ?? "";
    const options = { voices: this.#voices, chosen: voice || another };
    const { node, select } = voiceChoice(this.signal, id, "Voice", options);
    const row = {
      name: input,
      select,
      node: el(
        "div",
        { class: "voice-row", role: "group", "aria-label": "A character’s voice" },
        el("div", { class: "field" }, el("label", { for: input.id }, "Character name"), input),
        node,
        button("Remove", () => this.#removeRow(row), { class: "quiet" }),
      ),
    };
    this.#rows.push(row);
    this.#list.append(row.node);
    return row;
  }

  /** @param {CharacterRow} row */
  #removeRow(row) {
    this.#rows.splice(this.#rows.indexOf(row), 1);
    row.node.remove();
    this.onChange();
    (this.#list.querySelector("input") ?? this.#narrator)?.focus();
  }
}
