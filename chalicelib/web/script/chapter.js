/** A chapter: read along with the audio, change its lines, or have it written again. */

/** @import { Chapter, ChapterAlone, Story } from "../types/openapi.d.ts" */
/** @import { ViewContext } from "./viewcontext.js" */
/** @import { Watch } from "./watch.js" */

import { get, patch } from "./api.js";
import { parseCaptions } from "./captions.js";
import { allVoices, performsDirections } from "./catalogue.js";
import { chapterTools, narrationActions, rewriteForm } from "./chapteractions.js";
import { el, setAttribute, setText } from "./dom.js";
import { clock } from "./format.js";
import { fetchLater } from "./lazy.js";
import { LIMITS } from "./limits.js";
import { errorPanel } from "./notices.js";
import { scriptReader } from "./reader.js";
import { renaming } from "./renaming.js";
import { storyError, taskPanel, taskSentence } from "./taskpanel.js";
import { versionsPanel } from "./versions.js";
import { watchStory } from "./watch.js";
import { audioKey, chapterState, stoppedTask } from "./words.js";

const OUT_OF_DATE = "The audio is older than the text, a voice in it, or how a word is said.";

/**
 * Show the view.
 * @param {ViewContext} context
 * @param {string} storyId
 * @param {string} digits the chapter's number
 */
export function chapterView(context, storyId, digits) {
  const number = Number(digits);
  context.heading(`Chapter ${number}`);
  const body = el("div", {}, el("p", { class: "loading", role: "status" }, "Loading the chapter…"));
  context.add(body);
  /** @type {ChapterBody | null} */
  let shown = null;
  let asked = "";

  const watch = watchStory(storyId, context.signal, (now) => {
    if (!now.story) {
      if (now.error) body.replaceChildren(storyError(now));
      return;
    }
    const chapter = now.story.chapters[number - 1];
    if (!chapter) {
      body.replaceChildren(errorPanel(new Error(`The story has only ${now.story.num_chapters} chapters.`)));
      return;
    }
    context.heading(chapter.title, now.story.language);
    shown?.update(now.story);
    const state = stateOf(chapter);
    if (state !== asked) fetchChapter(state);
  });

  /** @param {string} state what the story says of the chapter, as `stateOf` gives it */
  async function fetchChapter(state) {
    asked = state;
    try {
      const chapter = await get("/stories/{story_id}/chapters/{number}", { story_id: storyId, number });
      if (context.signal.aborted || asked !== state) return;
      shown ??= new ChapterBody(context, body, watch, number);
      shown.show(chapter);
    } catch (error) {
      if (context.signal.aborted || asked !== state) return;
      asked = "";
      if (!shown) body.replaceChildren(errorPanel(error, () => fetchChapter(state)));
    }
  }
}

/**
 * Return what of a chapter says that its text or audio has changed.
 * @param {Chapter} chapter
 */
function stateOf({ status, audio, version, based_on_older, summary, notices }) {
  const sound = audio && [audio.bytes, audio.duration, audio.out_of_date];
  return JSON.stringify([status, sound, version, based_on_older, summary, notices]);
}

/** The view's body, built once and patched from then on. */
class ChapterBody {
  #byline = el("p", { class: "byline" });
  #status = el("p", { class: "status", role: "status" });
  #notices = el("div");
  #script = el("div");
  #turning = el("nav", { class: "turning", "aria-label": "Chapters" });
  /** @type {ChapterAlone | null} */
  #chapter = null;
  /** @type {ReturnType<typeof import("./later.js").scriptEditor> | null} */
  #editor = null;
  /** Which audio the captions belong to. */
  #captioned = "";

  /**
   * @param {ViewContext} context
   * @param {HTMLElement} body
   * @param {Watch} watch
   * @param {number} number
   */
  constructor(context, body, watch, number) {
    this.context = context;
    this.watch = watch;
    this.number = number;
    this.tools = chapterTools(context, watch.storyId, number, () => this.#edit());
    this.narration = narrationActions(context, watch, number);
    this.reader = scriptReader(context, watch, number);
    this.rewrite = rewriteForm(context, watch, number);
    this.versions = versionsPanel(context, watch, number, (chapter) => this.#replaced(chapter));
    this.title = renaming("chapter", "Rename chapter", LIMITS.ChangeChapter.title.maxLength, (title) =>
      this.#rename(title),
    );
    body.replaceChildren(this.#byline, this.#status);
    this.panel = taskPanel(body);
    const notices = el("div", { class: "notices" }, this.#notices, this.narration.node);
    body.append(this.tools.node, notices, this.#script, this.#turning, this.rewrite.node);
    body.append(this.versions.node, this.title.node);
    this.#script.append(this.reader.node);
    context.unsaved = () => this.#editor?.changed() ?? false;
  }

  /**
   * Show the story's current state.
   * @param {Story} story
   */
  update(story) {
    const { watch, number } = this;
    const chapter = this.#chapter;
    this.#byline.replaceChildren(...byline(story, number, chapter));
    const failed = stoppedTask(story, watch.lastTask)?.error ?? "";
    setText(this.#status, watch.running || watch.error ? taskSentence(watch) : failed);
    setAttribute(this.#status, "data-state", failed ? "failed" : null);
    this.panel.show(watch);
    this.#notices.replaceChildren(...noticesOf(chapter), ...(failed ? [wayBack(story)] : []));
    const editing = this.#editor !== null;
    for (const part of [this.tools, this.narration, this.rewrite, this.versions]) part.update(story, chapter, editing);
    const title = story.chapters[number - 1]?.title ?? "";
    this.title.update(title, editing || !story.cast.length || Boolean(story.task_id));
    this.reader.update(story, chapter);
    this.#turning.replaceChildren(...neighbours(story, number));
  }

  /**
   * Show the chapter's text, and then its captions.
   * @param {ChapterAlone} chapter
   */
  async show(chapter) {
    this.#chapter = chapter;
    const voices = new Map((await allVoices().catch(() => [])).map((voice) => [voice.voice_id, voice]));
    const { story } = this.watch;
    if (this.context.signal.aborted || this.#chapter !== chapter || !story) return;
    this.reader.show(chapter, story, voices);
    this.update(story);
    await this.#fetchCaptions(chapter);
  }

  /** @param {ChapterAlone} chapter */
  async #fetchCaptions(chapter) {
    const key = audioKey(chapter);
    if (!chapter.audio || key === this.#captioned) return;
    this.#captioned = key;
    const parameters = { story_id: this.watch.storyId, number: chapter.number };
    const captions = await get("/stories/{story_id}/chapters/{number}/captions", parameters).catch(() => "");
    if (!this.context.signal.aborted && key === this.#captioned) this.reader.setCues(parseCaptions(captions));
  }

  async #edit() {
    const performs = await performsDirections().catch(() => true);
    const later = await fetchLater().catch((error) => this.#notices.replaceChildren(errorPanel(error)));
    const { story } = this.watch;
    if (!later || !story || !this.#chapter || this.#editor || this.context.signal.aborted) return;
    this.#editor = later.scriptEditor(story, this.#chapter, performs, (saved) => this.#endEditing(saved));
    this.#script.replaceChildren(this.#editor.node);
    this.update(story);
    this.#editor.focus();
  }

  /**
   * Show another text of the chapter.
   * @param {ChapterAlone} chapter
   */
  #replaced(chapter) {
    this.narration.forget();
    this.show(chapter);
    this.watch.refresh();
  }

  /** @param {string} title */
  async #rename(title) {
    const { watch, number } = this;
    await patch("/stories/{story_id}/chapters/{number}", { story_id: watch.storyId, number }, { title });
    await watch.refresh();
  }

  /** @param {ChapterAlone | null} saved */
  #endEditing(saved) {
    this.#editor = null;
    this.#script.replaceChildren(this.reader.node);
    if (saved) this.#replaced(saved);
    if (this.watch.story) this.update(this.watch.story);
    this.tools.focus();
  }
}

/**
 * @param {Story} story
 * @param {number} number
 * @param {ChapterAlone | null} chapter
 */
function byline(story, number, chapter) {
  const words = [`Chapter ${number} of ${story.num_chapters}`];
  if (chapter) words.push(chapterState(chapter));
  if (chapter?.audio) words.push(clock(chapter.audio.duration));
  const up = el("a", { href: `#/story/${story.story_id}`, lang: story.language }, story.title);
  return [up, ` · ${words.join(" · ")}`];
}

/** @param {ChapterAlone | null} chapter */
function noticesOf(chapter) {
  const notices = [];
  if (chapter?.audio?.out_of_date) notices.push(OUT_OF_DATE);
  if (chapter?.based_on_older) notices.push("This chapter was written from an older text of those before it.");
  for (const { line_id, message } of chapter?.notices ?? []) if (line_id === null) notices.push(message);
  return notices.map((text) => el("p", { class: "notice" }, text));
}

/**
 * Make the way to the one place where a task is retried.
 * @param {Story} story
 */
function wayBack({ story_id }) {
  return el("p", { class: "notice" }, el("a", { href: `#/story/${story_id}` }, "Retry it on the story’s page"));
}

/**
 * @param {Story} story
 * @param {number} number
 */
function neighbours(story, number) {
  const sides = /** @type {const} */ ([
    [number - 1, "Previous chapter"],
    [number + 1, "Next chapter"],
  ]);
  return sides.flatMap(([to, words]) => {
    const chapter = story.chapters[to - 1];
    if (!chapter) return [];
    return [el("a", { href: `#/story/${story.story_id}/${to}` }, words, el("span", {}, chapter.title))];
  });
}
