/** The form of a story: what it is made from, and everything that can be wished for. */

/** @import { CreateStory, Story } from "../types/openapi.d.ts" */
/** @import { sequelNote } from "./sequel.js" */
/** @import { Draft } from "./store.js" */

import { ApiError } from "./api.js";
import { budgetLine } from "./budget.js";
import { performsDirections } from "./catalogue.js";
import { ChapterCount } from "./chaptercount.js";
import { checkStory } from "./checks.js";
import { el, setText } from "./dom.js";
import { defaults, isFree } from "./embedded.js";
import { checkbox } from "./fields.js";
import { LIMITS } from "./limits.js";
import { formError, runAction } from "./notices.js";
import { foldedSayings, SayingFields } from "./sayingfields.js";
import { StorySource } from "./storysource.js";
import { VoiceFields } from "./voicefields.js";
import { askFor, audienceList, wishFields } from "./wishfields.js";

const COSTS = "You will see what the story costs before anything is written.";
const WOULD_COST = "You will see what the story would cost with real providers. Here nothing is charged.";

/**
 * What a form begins with. `keep` is given what is typed in, so that it survives a reload.
 * @typedef {object} Beginning
 * @property {Draft | null} kept
 * @property {(fields: Draft) => void} keep
 * @property {Story["manuscript"]} [manuscript] the text that the draft has already
 * @property {ReturnType<typeof sequelNote> | null} [sequel] what says which book is continued
 * @property {boolean} [asBefore] whether a wish that is left open is as in the book before
 * @property {Node} [wayBack]
 */

/** The form. */
export class StoryForm {
  #error = formError();
  #submit = el("button", { class: "primary" }, "Continue");
  /** @type {boolean | null} */
  #told = null;

  /**
   * @param {AbortSignal} signal
   * @param {Beginning} beginning
   */
  constructor(signal, beginning) {
    const { kept, manuscript = null, sequel = null, asBefore = false } = beginning;
    this.signal = signal;
    this.beginning = beginning;
    /** @type {(story: CreateStory) => Promise<string>} sends the story and returns its id */
    this.onSend = () => Promise.reject(new Error("This form is not ready yet."));
    this.source = new StorySource(signal, kept, manuscript, sequel !== null, (title) => this.#opened(title));
    this.fields = wishFields(kept, asBefore);
    this.chapters = new ChapterCount(this.fields.num_chapters.input, kept, this.source.told);
    this.enhance = checkbox(
      "enhance",
      "Direct the voices (enhance)",
      "The author adds directions such as “whispers” for voices that can follow them.",
      kept?.enhance ?? defaults().enhance,
    );
    this.voices = new VoiceFields(signal, sequel !== null, () => this.#changed());
    this.sayings = new SayingFields(() => this.#changed());
    this.node = this.#build();
    this.node.addEventListener("input", () => this.#changed());
    this.node.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.#valid()) runAction(this.#submit, this.#error, () => this.#send());
    });
    this.voices.fill(kept?.voices);
    this.sayings.fill(kept?.pronunciations ?? []);
    this.#describe();
    this.#describeDirections();
  }

  #build() {
    const { title, audience, tone, num_chapters, minutes_per_chapter, language, point_of_view } = this.fields;
    const { kept, sequel, wayBack } = this.beginning;
    return el(
      "form",
      { class: "sheet", novalidate: true },
      sequel?.node,
      ...this.source.nodes,
      title.node,
      el("div", { class: "pair" }, audience.node, tone.node),
      audienceList(),
      el("div", { class: "pair" }, num_chapters.node, minutes_per_chapter.node),
      el("div", { class: "pair" }, language.node, point_of_view.node),
      this.enhance.node,
      this.voices.node,
      foldedSayings(this.sayings, Boolean(kept?.pronunciations?.length)),
      this.#error.node,
      budgetLine(this.signal).node,
      el("div", { class: "actions" }, this.#submit, wayBack),
      el("p", { class: "hint" }, isFree() ? WOULD_COST : COSTS),
    );
  }

  /** Return what is typed in. */
  draft() {
    const { title, audience, tone, minutes_per_chapter, language, point_of_view } = this.fields;
    return {
      ...this.source.draft(),
      ...this.chapters.draft(),
      title: title.input.value,
      audience: audience.input.value,
      tone: tone.input.value,
      minutes: minutes_per_chapter.input.value,
      language: language.input.value,
      view: point_of_view.input.value,
      enhance: this.enhance.input.checked,
      voices: this.voices.draft(),
      pronunciations: this.sayings.draft(),
    };
  }

  #changed() {
    this.#describe();
    this.beginning.keep(this.draft());
  }

  /** Show what belongs to the choice between an idea and a text. */
  #describe() {
    const { told } = this.source;
    this.source.update();
    this.chapters.update(told, Boolean(this.beginning.manuscript) && this.source.text.input.value !== "");
    if (told === this.#told) return;
    this.#told = told;
    this.fields.num_chapters.error("");
    this.voices.ask(told);
    askFor(this.fields, told);
  }

  /** Go to the field that says what the story is made from. */
  focus() {
    (this.source.fields.text ?? this.source.fields.prompt).input.focus();
  }

  async #describeDirections() {
    if ((await performsDirections().catch(() => true)) || this.signal.aborted) return;
    setText(
      this.enhance.note,
      "Your narrator’s model follows no directions, so none are written, and none are paid for.",
    );
  }

  /**
   * Take the title of a file as that of the story, unless it has one.
   * @param {string} title
   */
  #opened(title) {
    const { input } = this.fields.title;
    if (!input.value.trim()) input.value = title;
    this.#changed();
  }

  /** Return what was typed in, without wishes. */
  #typed() {
    const title = this.fields.title.input.value.trim();
    return { ...this.source.typed(), title, num_chapters: this.chapters.value() };
  }

  /** Return what was wished for, without what was left open. */
  #wished() {
    const { audience, tone, minutes_per_chapter, language, point_of_view } = this.fields;
    /** @type {Partial<CreateStory>} */
    const wished = {};
    if (audience.input.value.trim()) wished.audience = audience.input.value.trim();
    if (tone.input.value.trim()) wished.tone = tone.input.value.trim();
    if (language.input.value) wished.language = language.input.value;
    if (minutes_per_chapter.input.value) wished.minutes_per_chapter = Number(minutes_per_chapter.input.value);
    const view = point_of_view.input.value;
    if (!this.source.told && (view === "first" || view === "third")) wished.point_of_view = view;
    return wished;
  }

  /** The fields that are shown, by their names in the API. */
  #shown() {
    return { ...this.fields, ...this.source.fields };
  }

  /** Tell whether all is well; say what is wrong beside each field, and go to the first. */
  #valid() {
    const problems = checkStory(this.#typed(), LIMITS.CreateStory, Boolean(this.beginning.manuscript));
    const shown = this.#shown();
    shown.prompt.error(problems.prompt);
    shown.text?.error(problems.text);
    shown.title.error(problems.title);
    shown.num_chapters.error(problems.num_chapters);
    const wrong = Object.values(shown).find(({ input }) => input.getAttribute("aria-invalid") === "true");
    wrong?.input.focus();
    return !wrong && this.voices.value() !== null && this.sayings.value() !== null;
  }

  async #send() {
    const { prompt, text, title, num_chapters } = this.#typed();
    /** @type {CreateStory} */
    const story = {
      ...this.#wished(),
      enhance: this.enhance.input.checked,
      voices: this.voices.value(),
      pronunciations: this.sayings.value(),
    };
    if (prompt) story.prompt = prompt;
    if (text) story.text = text;
    if (title) story.title = title;
    if (num_chapters !== null) story.num_chapters = num_chapters;
    try {
      const storyId = await this.onSend(story);
      if (!this.signal.aborted) location.hash = `#/story/${storyId}`;
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
    if (status === 400 && name === "pronunciations") {
      this.sayings.refuse(message);
      return true;
    }
    const { sequel } = this.beginning;
    if (name === "sequel_of" && sequel) {
      sequel.error(sentence);
      return true;
    }
    if (status !== 400) return false;
    if (name === "voices") {
      this.voices.error(sentence);
      return true;
    }
    const named = Object.entries(this.#shown()).find(([field]) => field === name)?.[1];
    named?.error(sentence);
    named?.input.focus();
    return named !== undefined;
  }
}
