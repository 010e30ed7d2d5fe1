/** New story: an idea becomes a draft. Nothing is written or paid for yet. */

import { post } from "./api.js";
import { el, setText } from "./dom.js";
import { checkbox, field } from "./fields.js";
import { count, languageName } from "./format.js";
import { attempt, complaint } from "./notices.js";
import { draft } from "./store.js";
import { voiceFields } from "./voicefields.js";

const DEFAULTS = JSON.parse(document.querySelector("meta[name=fireside-defaults]").content);
const MAX_PROMPT = 4000;
const MAX_TITLE = 200;
const MAX_CHAPTERS = 50;
const LANGUAGES = [
  "en",
  "de",
  "fr",
  "es",
  "it",
  "pt",
  "pt-BR",
  "nl",
  "pl",
  "sv",
  "cs",
  "el",
  "tr",
  "uk",
  "ja",
  "ko",
  "zh",
];

/** The view. */
export function makeView(stage) {
  stage.heading("New story");
  const kept = draft.get() ?? {};
  const prompt = field(
    "prompt",
    "What shall the story be about?",
    el("textarea", { rows: 6, value: kept.prompt ?? "", class: "idea", required: true }),
    "A sentence is enough. Say who is in it, where it happens, and how it should feel.",
  );
  const room = el("p", { class: "hint room" });
  prompt.node.append(room);
  const title = field("title", "Title (optional)", el("input", { value: kept.title ?? "", autocomplete: "off" }));
  const chapters = field(
    "num_chapters",
    "Chapters",
    el("input", { type: "number", min: 1, max: MAX_CHAPTERS, value: kept.chapters ?? DEFAULTS.num_chapters, inputmode: "numeric" }),
    `From 1 to ${MAX_CHAPTERS}.`,
  );
  const language = field(
    "language",
    "Language",
    el("input", {
      value: kept.language ?? navigator.language.split("-")[0],
      list: "languages",
      autocomplete: "off",
      autocapitalize: "off",
      spellcheck: "false",
    }),
  );
  const languages = el("datalist", { id: "languages" });
  for (const tag of LANGUAGES) languages.append(el("option", { value: tag }, languageName(tag)));
  const enhance = checkbox(
    "enhance",
    "Direct the voices (enhance)",
    "The author adds directions such as “whispers” for voices that can follow them.",
    kept.enhance ?? DEFAULTS.enhance,
  );
  const voices = voiceFields(stage.signal, keep);
  const complain = complaint();
  const submit = el("button", { class: "primary" }, "Continue");
  const form = el(
    "form",
    { class: "sheet", novalidate: true },
    prompt.node,
    title.node,
    el("div", { class: "pair" }, chapters.node, language.node),
    languages,
    enhance.node,
    voices.node,
    complain.node,
    el("div", { class: "actions" }, submit),
    el("p", { class: "hint" }, "You see what the story will cost before anything is written."),
  );
  const fields = { prompt, title, num_chapters: chapters, language, voices };
  form.addEventListener("input", keep);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!valid()) return;
    attempt(submit, complain, create);
  });
  stage.add(form);
  voices.fill(kept.voices);
  describe();

  function keep() {
    describe();
    draft.set({
      prompt: prompt.input.value,
      title: title.input.value,
      chapters: chapters.input.value,
      language: language.input.value,
      enhance: enhance.input.checked,
      voices: voices.draft(),
    });
  }

  function describe() {
    const used = characters(prompt.input.value);
    setText(room, used > MAX_PROMPT * 0.8 ? `${count(used)} of ${count(MAX_PROMPT)} characters` : "");
    setText(language.note, languageName(language.input.value.trim()) ?? "A code such as en, de or pt-BR.");
  }

  /** Say what is wrong beside each field, and go to the first. */
  function valid() {
    const number = Number(chapters.input.value);
    const [idea, name, tag] = [prompt, title, language].map(({ input }) => input.value.trim());
    prompt.error(
      !idea
        ? "Tell what the story is about."
        : characters(idea) > MAX_PROMPT
          ? `Keep it under ${count(MAX_PROMPT)} characters.`
          : "",
    );
    title.error(characters(name) > MAX_TITLE ? `A title has at most ${MAX_TITLE} characters.` : "");
    chapters.error(
      Number.isInteger(number) && number >= 1 && number <= MAX_CHAPTERS
        ? ""
        : `A whole number from 1 to ${MAX_CHAPTERS}.`,
    );
    const known = /^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/.test(tag);
    language.error(known ? "" : "A language code such as en, de or pt-BR.");
    const wrong = form.querySelector("[aria-invalid=true]");
    wrong?.focus();
    return !wrong && voices.value() !== null;
  }

  async function create() {
    const story = { prompt: prompt.input.value.trim(), num_chapters: Number(chapters.input.value) };
    if (title.input.value.trim()) story.title = title.input.value.trim();
    story.enhance = enhance.input.checked;
    story.language = language.input.value.trim();
    story.voices = voices.value();
    try {
      const { story_id } = await post("stories", story);
      draft.clear();
      if (!stage.signal.aborted) location.hash = `#/story/${story_id}`;
    } catch (error) {
      blame(error);
    }
  }

  /** The API names the field at fault first: its sentence goes beside that field. */
  function blame(error) {
    const [, name, sentence] = /^(\w+)[^:]*: (.*)$/s.exec(error.message) ?? [];
    if (error.status !== 400 || !fields[name]) throw error;
    fields[name].error(sentence);
    fields[name].input?.focus();
  }
}

/** Characters as the API counts them. */
const characters = (text) => [...text].length;
