/** A chapter: read along with the sound, change its lines, or have it written again. */

import { get } from "./api.js";
import { parseCaptions } from "./captions.js";
import { allVoices } from "./catalogue.js";
import { chapterTools, rewriteForm, soundActions } from "./chapteractions.js";
import { el, setText } from "./dom.js";
import { scriptEditor } from "./editor.js";
import { clock } from "./format.js";
import { failure } from "./notices.js";
import { scriptReader } from "./reader.js";
import { storyFailure, taskPanel, taskSentence } from "./taskpanel.js";
import { watchStory } from "./watch.js";
import { chapterState } from "./words.js";

/** The view. */
export function chapterView(stage, storyId, digits) {
  const number = Number(digits);
  stage.heading(`Chapter ${number}`);
  const body = el("div", {}, el("p", { class: "loading", role: "status" }, "Fetching the chapter…"));
  stage.add(body);
  let shown = null;
  let asked = "";

  const watch = watchStory(storyId, stage.signal, (now) => {
    if (!now.story) {
      if (now.error) body.replaceChildren(storyFailure(now));
      return;
    }
    const facts = now.story.chapters[number - 1];
    if (!facts) {
      body.replaceChildren(failure(new Error(`The story has ${now.story.num_chapters} chapters only.`)));
      return;
    }
    stage.heading(facts.title, now.story.language);
    shown?.update(now.story);
    const state = stateOf(facts);
    if (state !== asked) fetchChapter(state);
  });

  async function fetchChapter(state) {
    asked = state;
    try {
      const chapter = await get(`stories/${storyId}/chapters/${number}`);
      if (stage.signal.aborted || asked !== state) return;
      shown ??= chapterBody(stage, body, watch, number);
      shown.take(chapter);
    } catch (error) {
      if (stage.signal.aborted || asked !== state) return;
      asked = "";
      if (!shown) body.replaceChildren(failure(error, () => fetchChapter(state)));
    }
  }
}

/** What of a chapter's facts says that its text or sound has changed. */
function stateOf({ status, audio, version, based_on_older, summary }) {
  const sound = audio && [audio.bytes, audio.duration, audio.out_of_date];
  return JSON.stringify([status, sound, version, based_on_older, summary]);
}

/** Build the view's body once; gives `update(story)` and `take(chapter)`. */
function chapterBody(stage, body, watch, number) {
  const { storyId } = watch;
  const crumb = el("p", { class: "facts" });
  const status = el("p", { class: "status", role: "status" });
  const notices = el("div");
  const tools = chapterTools(stage, storyId, number, edit);
  const sound = soundActions(stage, watch, number);
  const script = el("div");
  const reader = scriptReader(stage, storyId, number);
  const rewrite = rewriteForm(watch, number);
  const turning = el("nav", { class: "turning", "aria-label": "Chapters" });
  body.replaceChildren(crumb, status);
  const panel = taskPanel(body);
  body.append(tools.node, el("div", { class: "notices" }, notices, sound.node), script, turning, rewrite.node);
  script.append(reader.node);
  let chapter = null;
  let editor = null;
  let captioned = "";

  function edit() {
    editor = scriptEditor(watch.story, chapter, (saved) => {
      editor = null;
      script.replaceChildren(reader.node);
      if (saved) {
        sound.forget();
        take(saved);
        watch.refresh();
      }
      update(watch.story);
      tools.focus();
    });
    script.replaceChildren(editor.node);
    update(watch.story);
    editor.focus();
  }
  stage.unsaved = () => editor?.changed() ?? false;

  function update(story) {
    crumb.replaceChildren(...crumbs(story, number, chapter));
    setText(status, watch.running || watch.error ? taskSentence(watch) : "");
    panel.show(watch);
    notices.replaceChildren(...noticesOf(chapter));
    tools.update(story, chapter, editor !== null);
    sound.update(story, chapter, editor !== null);
    rewrite.update(story, chapter, editor !== null);
    turning.replaceChildren(...turns(story, number));
  }

  async function take(fresh) {
    chapter = fresh;
    const voices = new Map((await allVoices().catch(() => [])).map((voice) => [voice.voice_id, voice]));
    if (stage.signal.aborted || chapter !== fresh) return;
    reader.show(chapter, watch.story, voices);
    update(watch.story);
    const sounding = JSON.stringify([chapter.audio?.bytes, chapter.audio?.duration]);
    if (!chapter.audio || sounding === captioned) return;
    captioned = sounding;
    const captions = await get(`stories/${storyId}/chapters/${number}/captions`, "text").catch(() => "");
    if (!stage.signal.aborted && sounding === captioned) reader.hear(parseCaptions(captions));
  }
  return { update, take };
}

function crumbs(story, number, chapter) {
  const words = [`Chapter ${number} of ${story.num_chapters}`];
  if (chapter) words.push(chapterState(chapter));
  if (chapter?.audio) words.push(clock(chapter.audio.duration));
  const up = el("a", { href: `#/story/${story.story_id}`, lang: story.language }, story.title);
  return [up, ` · ${words.join(" · ")}`];
}

function noticesOf(chapter) {
  const notices = [];
  if (chapter?.audio?.out_of_date) notices.push("The sound is of an older text");
  if (chapter?.based_on_older) notices.push("This chapter was written from an older text of those before it");
  return notices.map((text) => el("p", { class: "notice" }, text));
}

function turns(story, number) {
  const link = (to, words) => {
    const chapter = story.chapters[to - 1];
    return chapter && el("a", { href: `#/story/${story.story_id}/${to}` }, words, el("span", {}, chapter.title));
  };
  return [link(number - 1, "Previous chapter"), link(number + 1, "Next chapter")].filter(Boolean);
}
