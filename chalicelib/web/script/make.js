/** New story: an idea becomes a draft. Nothing is written or paid for yet. */

/** @import { CreateStory } from "../types/openapi.d.ts" */
/** @import { Draft } from "./store.js" */
/** @import { ViewContext } from "./viewcontext.js" */

import { ApiError, post } from "./api.js";
import { budgetLine } from "./budget.js";
import { characters, checkStory } from "./checks.js";
import { el, setText } from "./dom.js";
import { defaults } from "./embedded.js";
import { checkbox, field } from "./fields.js";
import { count, languageName } from "./format.js";
import { LIMITS } from "./limits.js";
import { formError, runAction } from "./notices.js";
import { draft } from "./store.js";
import { VoiceFields } from "./voicefields.js";

const LANGUAGES = "en de fr es it pt pt-BR nl pl sv cs el tr uk ja ko zh".split(" ");

/**
 * Show the view.
 * @param {ViewContext} context
 */
export function makeView(context) {
  context.heading("New story");
  const form = new StoryForm(context.signal, draft.get());
  context.add(form.node);
}

/** The form of a new story; what is typed in survives a reload. */
class StoryForm {
  #counter = el("p", { class: "hint counter" });
  #error = formError();
  #submit = el("button", { class: "primary" }, "Continue");

  /**
   * @param {AbortSignal} signal
   * @param {Draft | null} kept
   */
  constructor(signal, kept) {
    this.signal = signal;
    this.fields = storyFields(kept, LIMITS.CreateStory.num_chapters);
    this.enhance = checkbox(
      "enhance",
      "Direct the voices (enhance)",
      "The author adds directions such as “whispers” for voices that can follow them.",
      kept?.enhance ?? defaults().enhance,
    );
    this.voices = new VoiceFields(signal, () => this.#keep());
    this.node = this.#build();
    this.node.addEventListener("input", () => this.#keep());
    this.node.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.#valid()) runAction(this.#submit, this.#error, () => this.#create());
    });
    this.voices.fill(kept?.voices);
    this.#describe();
  }

  #build() {
    const { prompt, title, num_chapters, language } = this.fields;
    const languages = el("datalist", { id: "languages" });
    for (const tag of LANGUAGES) languages.append(el("option", { value: tag }, languageName(tag)));
    prompt.node.append(this.#counter);
    return el(
      "form",
      { class: "sheet", novalidate: true },
      prompt.node,
      title.node,
      el("div", { class: "pair" }, num_chapters.node, language.node),
      languages,
      this.enhance.node,
      this.voices.node,
      this.#error.node,
      budgetLine(this.signal).node,
      el("div", { class: "actions" }, this.#submit),
      el("p", { class: "hint" }, "You will see what the story costs before anything is written."),
    );
  }

  #keep() {
    const { prompt, title, num_chapters, language } = this.fields;
    this.#describe();
    draft.set({
      prompt: prompt.input.value,
      title: title.input.value,
      chapters: num_chapters.input.value,
      language: language.input.value,
      enhance: this.enhance.input.checked,
      voices: this.voices.draft(),
    });
  }

  /** Say how much room is left for the prompt, and which language was entered. */
  #describe() {
    const { prompt, language } = this.fields;
    const [used, most] = [characters(prompt.input.value), LIMITS.CreateStory.prompt.maxLength];
    setText(this.#counter, used > most * 0.8 ? `${count(used)} of ${count(most)} characters` : "");
    setText(language.note, languageName(language.input.value.trim()) ?? "A code such as en, de or pt-BR.");
  }

  /** Return what was typed in. */
  #typed() {
    const { prompt, title, num_chapters, language } = this.fields;
    return {
      prompt: prompt.input.value.trim(),
      title: title.input.value.trim(),
      num_chapters: num_chapters.input.value.trim() ? Number(num_chapters.input.value) : Number.NaN,
      language: language.input.value.trim(),
    };
  }

  /** Tell whether all is well; say what is wrong beside each field, and go to the first. */
  #valid() {
    const { prompt, title, num_chapters, language } = this.fields;
    const problems = checkStory(this.#typed(), LIMITS.CreateStory);
    prompt.error(problems.prompt);
    title.error(problems.title);
    num_chapters.error(problems.num_chapters);
    language.error(problems.language);
    const wrong = this.node.querySelector("[aria-invalid=true]");
    if (wrong instanceof HTMLElement) wrong.focus();
    return !wrong && this.voices.value() !== null;
  }

  async #create() {
    const { title, ...rest } = this.#typed();
    /** @type {CreateStory} */
    const story = { ...rest, enhance: this.enhance.input.checked, voices: this.voices.value() };
    if (title) story.title = title;
    try {
      const { story_id } = await post("/stories", {}, story);
      draft.clear();
      if (!this.signal.aborted) location.hash = `#/story/${story_id}`;
    } catch (error) {
      if (!(error instanceof ApiError) || !this.#showAtField(error)) throw error;
    }
  }

  /**
   * Show a refusal beside the field that it names first; return whether it names one.
   * @param {ApiError} error
   */
  #showAtField({ status, message }) {
    const [, name, sentence = ""] = /^(\w+)[^:]*: (.*)$/s.exec(message) ?? [];
    if (status !== 400) return false;
    if (name === "voices") {
      this.voices.error(sentence);
      return true;
    }
    const named = Object.entries(this.fields).find(([field]) => field === name)?.[1];
    named?.error(sentence);
    named?.input.focus();
    return named !== undefined;
  }
}

/**
 * Make the form's fields, by their names in the API.
 * @param {Draft | null} kept
 * @param {{ minimum: number, maximum: number }} chapters
 */
function storyFields(kept, { minimum, maximum }) {
  const number = { type: "number", inputmode: "numeric", min: minimum, max: maximum };
  const code = { list: "languages", autocomplete: "off", autocapitalize: "off", spellcheck: "false" };
  const language = kept?.language ?? navigator.language.split("-")[0] ?? defaults().language;
  return {
    prompt: field(
      "prompt",
      "What should the story be about?",
      el("textarea", { rows: 6, value: kept?.prompt ?? "", class: "idea", required: true }),
      "A sentence is enough. Say who is in it, where it happens, and how it should feel.",
    ),
    title: field("title", "Title (optional)", el("input", { value: kept?.title ?? "", autocomplete: "off" })),
    num_chapters: field(
      "num_chapters",
      "Chapters",
      el("input", { ...number, value: kept?.chapters ?? defaults().num_chapters }),
      `From ${minimum} to ${maximum}.`,
    ),
    language: field("language", "Language", el("input", { ...code, value: language })),
  };
}
