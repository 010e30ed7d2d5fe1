/** The fields of a story's form, filled with what was typed in, or with what a draft has. */

/** @import { Story } from "../types/openapi.d.ts" */
/** @import { Draft } from "./store.js" */

import { el, setText } from "./dom.js";
import { defaults } from "./embedded.js";
import { choices, field } from "./fields.js";
import { languageName } from "./format.js";
import { LIMITS } from "./limits.js";
import { rowsOf } from "./sayings.js";

const LANGUAGES = "en de fr es it pt pt-BR nl pl sv da nb fi cs el tr uk ru hi ar ja ko zh".split(" ");

const MINUTES = [2, 5, 10, 15, 20, 30];

const AUDIENCES = ["A child of four, at bedtime", "Children of eight to twelve", "Teenagers", "Grown-ups"];

/** What a wish that is left open comes to, by the name of its field. */
const OPEN = { language: "That of your idea", minutes_per_chapter: "As usual", point_of_view: "Let the author decide" };
const AS_BEFORE = "As in the book before";

/**
 * Make the fields, by their names in the API.
 * @param {Draft | null} kept
 * @param {boolean} asBefore whether what is left open is as in the book before
 */
export function wishFields(kept, asBefore) {
  const limits = LIMITS.CreateStory;
  const { minimum, maximum } = limits.num_chapters;
  const number = { type: "number", inputmode: "numeric", min: minimum, max: maximum };
  const text = { autocomplete: "off", placeholder: asBefore && AS_BEFORE };
  const audience = { ...text, list: "audiences", maxlength: limits.audience.maxLength };
  const open = asBefore ? { language: AS_BEFORE, minutes_per_chapter: AS_BEFORE, point_of_view: AS_BEFORE } : OPEN;
  return {
    title: field("title", "Title (optional)", el("input", { value: kept?.title ?? "", autocomplete: "off" })),
    audience: field(
      "audience",
      "Who is it for? (optional)",
      el("input", { ...audience, value: kept?.audience ?? "" }),
      "Such as “a child of four, at bedtime” or “grown-ups who like it dark”.",
    ),
    tone: field("tone", "", el("input", { ...text, maxlength: limits.tone.maxLength, value: kept?.tone ?? "" })),
    num_chapters: field("num_chapters", "", el("input", number)),
    minutes_per_chapter: field(
      "minutes_per_chapter",
      "Length of a chapter",
      choices(minuteChoices(open.minutes_per_chapter, kept?.minutes), kept?.minutes ?? ""),
    ),
    language: field(
      "language",
      "Language",
      choices(languageChoices(open.language, kept?.language), kept?.language ?? ""),
    ),
    point_of_view: field(
      "point_of_view",
      "Who tells it?",
      choices(
        [
          ["", open.point_of_view],
          ["third", "A narrator outside the story"],
          ["first", "A character, who says “I”"],
        ],
        kept?.view ?? "",
      ),
    ),
  };
}

/**
 * Ask for what a story needs that is made up, or for what a text needs that is read out.
 * @param {ReturnType<typeof wishFields>} fields
 * @param {boolean} told
 */
export function askFor({ tone, num_chapters, minutes_per_chapter, language, point_of_view }, told) {
  const { minimum, maximum } = LIMITS.CreateStory.num_chapters;
  if (told) {
    tone.rename("How should it be read? (optional)", "Such as “calm and slow” or “like an old legend”.");
    num_chapters.rename("Chapters (optional)", "Leave it empty for the chapters that the text has.");
    minutes_per_chapter.rename("Length of a chapter", "For a text that has no chapters.");
  } else {
    tone.rename("How should it be told? (optional)", "Such as “funny and fast” or “gentle, with rhymes”.");
    num_chapters.rename("Chapters", `From ${minimum} to ${maximum}.`);
    minutes_per_chapter.rename("Length of a chapter", "How long it takes to listen to.");
  }
  const [open] = language.input.options;
  if (open && open.text !== AS_BEFORE) setText(open, told ? "That of your text" : OPEN.language);
  point_of_view.node.hidden = told;
}

/** Make the list of suggestions for the audience. */
export function audienceList() {
  const list = el("datalist", { id: "audiences" });
  for (const audience of AUDIENCES) list.append(el("option", { value: audience }));
  return list;
}

/**
 * Return what the form of a draft begins with.
 * @param {Story} story
 * @returns {Draft}
 */
export function draftOf(story) {
  const { Narrator: narrator = "", ...characters } = story.voices;
  const told = story.manuscript !== null;
  return {
    ...wishesOf(story),
    source: told ? "text" : "idea",
    prompt: told ? "" : story.prompt,
    remark: told ? story.prompt : "",
    // Without a title it is called by how its idea begins, which is no title to keep.
    title: story.titled ? story.title : "",
    chapters: String(told ? defaults().num_chapters : story.num_chapters),
    textChapters: told ? String(story.num_chapters) : "",
    language: story.language_wish ?? "",
    voices: { narrator, characters: Object.entries(characters).map(([name, voice]) => ({ name, voice })) },
  };
}

/**
 * Return what the form of the next book after a story begins with: a story that is told for the same people.
 * @param {Story} story
 * @returns {Draft}
 */
export function nextDraftOf(story) {
  return { ...wishesOf(story), language: story.language };
}

/**
 * Return a draft with nothing but a story's wishes and its pronunciations, and without its language.
 * @param {Story} story
 * @returns {Draft}
 */
function wishesOf(story) {
  return {
    ...emptyDraft(),
    minutes: story.minutes_per_chapter ? String(story.minutes_per_chapter) : "",
    audience: story.audience ?? "",
    tone: story.tone ?? "",
    view: story.point_of_view ?? "",
    enhance: story.enhance,
    pronunciations: rowsOf(story.pronunciations),
  };
}

/**
 * Return what the form of a new story begins with.
 * @returns {Draft}
 */
export const emptyDraft = () => ({
  source: "idea",
  prompt: "",
  text: "",
  remark: "",
  title: "",
  chapters: String(defaults().num_chapters),
  textChapters: "",
  minutes: "",
  language: "",
  audience: "",
  tone: "",
  view: "",
  enhance: defaults().enhance,
  voices: { narrator: "", characters: [] },
  pronunciations: [],
});

/**
 * @param {string} open
 * @param {string} [kept]
 * @returns {Array<[string, string]>}
 */
function minuteChoices(open, kept) {
  const minutes = [...new Set([...MINUTES, ...(kept ? [Number(kept)] : [])])].sort((a, b) => a - b);
  return [["", open], ...minutes.map((each) => /** @type {[string, string]} */ ([`${each}`, `${each} minutes`]))];
}

/**
 * List the languages, those of the browser first.
 * @param {string} open
 * @param {string} [kept]
 * @returns {Array<[string, string]>}
 */
function languageChoices(open, kept) {
  const own = navigator.languages.map((tag) => tag.split("-")[0] ?? tag);
  const tags = [...new Set([...(kept ? [kept] : []), ...own, ...LANGUAGES])];
  const named = tags.map((tag) => /** @type {[string, string]} */ ([tag, languageName(tag) ?? tag]));
  return [["", open], ...named];
}
