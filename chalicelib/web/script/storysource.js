/** What a story is made from: an idea of which the author makes one up, or a text that is read out as it is. */

/** @import { Story } from "../types/openapi.d.ts" */
/** @import { Draft } from "./store.js" */

import { characters } from "./checks.js";
import { button, el, setText } from "./dom.js";
import { demonstration } from "./embedded.js";
import { field, radios } from "./fields.js";
import { count } from "./format.js";
import { anotherIdea } from "./ideas.js";
import { LIMITS } from "./limits.js";
import { announce } from "./notices.js";
import { textField } from "./textfield.js";

const IDEA_HINT = "A sentence is enough. Say who is in it, where it happens, and how it should feel.";
const SHOWN_HINT = "In this demonstration you hear the story that Fireside ships with and that suits it best.";
const NEXT_HINT = "A sentence is enough. The author knows the people, and what has happened to them.";

/** The choice between the two, and the fields of each; those of the other are hidden. */
export class StorySource {
  #counter = el("p", { class: "hint counter" });
  #choice;

  /**
   * @param {AbortSignal} signal
   * @param {Draft | null} kept
   * @param {Story["manuscript"]} manuscript the text that a draft has already
   * @param {boolean} continues whether it is a next book
   * @param {(title: string) => void} opened called once a file's text stands in its field, with its title or ""
   */
  constructor(signal, kept, manuscript, continues, opened) {
    /** @type {ReadonlyArray<readonly [Draft["source"], string]>} */
    const options = [
      ["idea", "Make up a story"],
      ["text", "Read out a text of mine"],
    ];
    this.#choice = radios("source", "What should Fireside do?", options, kept?.source ?? "idea");
    this.prompt = field(
      "prompt",
      "What should the story be about?",
      el("textarea", { rows: 6, value: kept?.prompt ?? "", class: "idea", required: true }),
      demonstration().includes("author") ? SHOWN_HINT : continues ? NEXT_HINT : IDEA_HINT,
    );
    this.text = textField(signal, kept?.text ?? "", manuscript, opened);
    this.remark = field(
      "remark",
      "What should the author know about it? (optional)",
      el("textarea", { rows: 2, value: kept?.remark ?? "" }),
      "Such as who is telling it, or how old the people in it are.",
    );
    this.prompt.node.append(
      this.#counter,
      button("Give me an idea", () => this.#suggest(), { class: "idea-button" }),
    );
    this.nodes = [this.#choice.node, this.prompt.node, this.text.node, this.remark.node];
    this.update();
  }

  /** Whether a text is read out. */
  get told() {
    return this.#choice.value() === "text";
  }

  /** The fields that are shown, by their names in the API. */
  get fields() {
    return this.told ? { prompt: this.remark, text: this.text } : { prompt: this.prompt };
  }

  /** Show the fields of what is chosen, and how much room is left in them. */
  update() {
    const { told, prompt, text, remark } = this;
    prompt.node.hidden = told;
    text.node.hidden = remark.node.hidden = !told;
    const [used, most] = [characters(prompt.input.value), LIMITS.CreateStory.prompt.maxLength];
    setText(this.#counter, used > most * 0.8 ? `${count(used)} of ${count(most)} characters` : "");
    if (told) text.describe();
  }

  /** Return what is typed in, of both. */
  draft() {
    return {
      source: this.#choice.value(),
      prompt: this.prompt.input.value,
      text: this.text.input.value,
      remark: this.remark.input.value,
    };
  }

  /** Return what is typed in, of what is chosen. */
  typed() {
    const { prompt } = this.fields;
    return { prompt: prompt.input.value.trim(), text: this.told ? this.text.input.value.trim() : null };
  }

  #suggest() {
    const { input } = this.prompt;
    input.value = anotherIdea(input.value);
    input.dispatchEvent(new Event("input", { bubbles: true }));
    announce(input.value);
  }
}
