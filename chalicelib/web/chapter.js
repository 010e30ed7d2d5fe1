/** A chapter: read along with the sound, change its lines, or have it written again. */

import { get, post } from "./api.js";
import { parseCaptions } from "./captions.js";
import { allVoices } from "./catalogue.js";
import { hear } from "./chapterrow.js";
import { button, el, setAttribute, setText } from "./dom.js";
import { scriptEditor } from "./editor.js";
import { estimateOf } from "./estimate.js";
import { clock } from "./format.js";
import { attempt, complaint, failure } from "./notices.js";
import { onPlayer, player } from "./player.js";
import { scriptReader } from "./reader.js";
import { storyFailure, taskPanel, taskSentence } from "./taskpanel.js";
import { watchStory } from "./watch.js";
import { chapterState, unspoken } from "./words.js";

const MAX_REMARK = 2000;

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
function stateOf({ status, audio, based_on_older, summary }) {
  return JSON.stringify([status, audio && [audio.bytes, audio.duration, audio.out_of_date], based_on_older, summary]);
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
    notices.replaceChildren(...noticesOf(chapter, number));
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
  return [el("a", { href: `#/story/${story.story_id}`, lang: story.language }, story.title), ` · ${words.join(" · ")}`];
}

function noticesOf(chapter, number) {
  const notices = [];
  if (chapter?.audio?.out_of_date) notices.push("The sound is of an older text");
  if (chapter?.based_on_older) notices.push(`This chapter was written from an older text of chapter ${number - 1}`);
  return notices.map((text) => el("p", { class: "notice" }, text));
}

function turns(story, number) {
  const link = (to, words) => {
    const chapter = story.chapters[to - 1];
    return chapter && el("a", { href: `#/story/${story.story_id}/${to}` }, words, el("span", {}, chapter.title));
  };
  return [link(number - 1, "Previous chapter"), link(number + 1, "Next chapter")].filter(Boolean);
}

/** Play and edit; while a task runs the latter says why it cannot be. */
function chapterTools(stage, storyId, number, edit) {
  const play = button("Play", () => hear(storyId, number), { class: "primary" });
  const change = button("Edit", edit);
  const why = el("span", { class: "muted", id: "edit-why" });
  setAttribute(change, "aria-describedby", why.id);
  const node = el("div", { class: "actions" }, play, change, why);
  const updatePlay = () => {
    const word = player.holds(storyId, number) && player.playing ? "Pause" : "Play";
    setText(play, word);
    setAttribute(play, "aria-label", `${word} chapter ${number}`);
  };
  onPlayer(["change"], stage.signal, updatePlay);
  return {
    node,
    focus: () => change.focus(),
    update(story, chapter, editing) {
      play.hidden = !chapter?.audio;
      change.hidden = editing || !chapter?.script;
      change.disabled = Boolean(story.task_id);
      setText(why, story.task_id && chapter?.script ? "Editing waits until the story is no longer being worked on." : "");
    },
  };
}

/** What it takes to give a chapter its sound. */
function soundActions(stage, watch, number) {
  const estimate = estimateOf(watch.storyId, stage.signal);
  const complain = complaint();
  const narrate = button(
    "Narrate chapter",
    () =>
      attempt(narrate, complain, async () => {
        try {
          await post(`stories/${watch.storyId}/audio`, { chapters: [number] });
        } finally {
          await watch.refresh();
        }
      }),
  );
  const node = el("div", { class: "next" }, estimate.node, complain.node, el("div", { class: "actions" }, narrate));
  return {
    node,
    forget: () => estimate.hide(),
    update(story, chapter, editing) {
      const missing = chapter?.script && (!chapter.audio || chapter.audio.out_of_date);
      node.hidden = !missing || editing || Boolean(story.task_id);
      narrate.className = chapter?.audio ? "" : "primary";
      setText(narrate, chapter?.audio ? "Narrate changed lines" : "Narrate chapter");
      const others = unspoken(story).some((one) => one !== number) || story.chapters.some((one) => !one.summary);
      if (!node.hidden) estimate.show(story, others ? "The whole story still takes about " : undefined);
    },
  };
}

/** Have the chapter written again, with a remark. */
function rewriteForm(watch, number) {
  const complain = complaint({ id: "remark-error" });
  const remark = el("textarea", {
    id: "remark",
    rows: 3,
    maxlength: MAX_REMARK,
    "aria-describedby": "remark-hint remark-error",
  });
  const submit = el("button", {}, "Rewrite chapter");
  const hint = "The author writes the chapter anew and keeps your remark in mind. Your own changes to it go.";
  const form = el(
    "form",
    { class: "rewrite", novalidate: true },
    el("h2", {}, "Rewrite with a remark"),
    el("label", { for: "remark" }, "What should change?"),
    el("p", { class: "hint", id: "remark-hint" }, hint),
    remark,
    complain.node,
    el("div", { class: "actions" }, submit),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(submit, complain, async () => {
      if (!remark.value.trim()) {
        remark.focus();
        throw new Error("Say what should change.");
      }
      try {
        await post(`stories/${watch.storyId}/chapters/${number}/rewrite`, { remark: remark.value.trim() });
        remark.value = "";
      } finally {
        await watch.refresh();
      }
    });
  });
  return {
    node: form,
    update(story, chapter, editing) {
      form.hidden = !chapter?.script || editing || Boolean(story.task_id);
    },
  };
}
