/** A story: where it stands, what can be done next, and its chapters. */

import { post } from "./api.js";
import { allVoices } from "./catalogue.js";
import { chapterRow } from "./chapterrow.js";
import { deleteStory } from "./dialog.js";
import { button, el, Rows, setAttribute, setText } from "./dom.js";
import { saveAll } from "./download.js";
import { estimateOf } from "./estimate.js";
import { clock, date, languageName, length, plural } from "./format.js";
import { announce, attempt, complaint } from "./notices.js";
import { onPlayer, player } from "./player.js";
import { place } from "./store.js";
import { storyFailure, taskPanel, taskSentence } from "./taskpanel.js";
import { watchStory } from "./watch.js";
import { allWritten, storySentence, totalSeconds, unspoken } from "./words.js";

/** The view. */
export function storyView(stage, storyId) {
  stage.heading("Story");
  const body = el("div", {}, el("p", { class: "loading", role: "status" }, "Fetching the story…"));
  stage.add(body);
  let shown = null;
  watchStory(storyId, stage.signal, (watch) => {
    if (watch.story) {
      shown ??= storyBody(stage, body, watch);
      shown(watch);
    } else if (watch.error) {
      shown = null;
      if (watch.error.status === 404) stage.heading("No such story");
      body.replaceChildren(storyFailure(watch));
    }
  });
}

/** Build the view's body once; gives the function that patches it. */
function storyBody(stage, body, watch) {
  const facts = el("p", { class: "facts" });
  const status = el("p", { class: "status", role: "status" });
  const current = () => watch.story;
  const about = aboutStory(watch.story);
  const actions = storyActions(stage, watch);
  const list = el("ol", { class: "chapters" });
  const rows = new Rows(list, ({ chapter }) => chapter.number, chapterRow);
  const files = storyFiles(stage, current);
  body.replaceChildren(facts, status);
  const panel = taskPanel(body);
  body.append(actions.node, about.node, el("h2", {}, "Chapters"), list, files.node);
  onPlayer(["change"], stage.signal, () => {
    for (const chapter of current().chapters) rows.get(chapter.number)?.updatePlayer();
    actions.updatePlace();
  });

  return () => {
    const story = current();
    stage.heading(story.title, story.language);
    setText(facts, storyFacts(story));
    setText(status, watch.running || watch.error ? taskSentence(watch) : storySentence(story));
    setAttribute(status, "data-state", watch.running ? "generating" : story.status);
    panel.show(watch);
    about.update(story);
    actions.update(story);
    rows.show(story.chapters.map((chapter) => ({ story, chapter })));
    files.update(story);
  };
}

function storyFacts(story) {
  const seconds = totalSeconds(story);
  const facts = [plural(story.num_chapters, "chapter"), languageName(story.language) ?? story.language];
  if (seconds) facts.push(length(seconds));
  return [...facts, date(story.created_at)].join(" · ");
}

/** The idea behind the story and who speaks in it, folded away. */
function aboutStory(story) {
  const prompt = el("p", { class: "prompt", dir: "auto" }, story.prompt);
  const cast = el("dl", { class: "cast" });
  const castDetails = el("details", { hidden: true }, el("summary", {}, "Who speaks"), cast);
  const node = el("div", { class: "about" }, el("details", {}, el("summary", {}, "The idea"), prompt), castDetails);
  let known = "";

  async function update(now) {
    const pairs = castOf(now);
    const key = JSON.stringify(pairs);
    if (key === known) return;
    known = key;
    const voices = await allVoices().catch(() => []);
    const names = new Map(voices.map((voice) => [voice.voice_id, voice]));
    cast.replaceChildren(
      ...pairs.map(([speaker, voiceId]) => {
        const voice = names.get(voiceId);
        const words = voice ? `${voice.name}: ${voice.description}` : "a voice yet to be cast";
        return el("div", {}, el("dt", {}, speaker), el("dd", {}, words));
      }),
    );
    castDetails.hidden = pairs.length === 0;
  }
  return { node, update };
}

/** Speakers with their voices, narrator first. */
function castOf(story) {
  const speakers = story.cast?.length ? story.cast : Object.keys(story.voices);
  return speakers.map((speaker) => [speaker, story.voices[speaker]]);
}

/** What can be done next: buttons that fit the story's state, with what they would cost. */
function storyActions(stage, watch) {
  const { storyId } = watch;
  const complain = complaint();
  const estimate = estimateOf(storyId, stage.signal);
  const act = (label, props, path, body) => {
    const pressed = button(label, () => attempt(pressed, complain, () => start(path(), body?.())), props);
    return pressed;
  };
  const start = async (path, body) => {
    try {
      await post(path, body);
    } finally {
      await watch.refresh();
    }
  };
  const listen = button("Listen", () => {
    const { chapter, seconds } = startingPlace(watch.story);
    player.play(storyId, chapter, seconds);
  });
  const generate = () => `stories/${storyId}/generate`;
  const buttons = {
    retry: act("Retry", { class: "primary" }, () => `tasks/${watch.story.last_task_id}/retry`),
    both: act("Write and narrate", { class: "primary" }, generate, () => ({ audio: true })),
    write: act("Write only", {}, generate, () => ({ audio: false })),
    narrate: act("Narrate", { class: "primary" }, () => `stories/${storyId}/audio`, () => ({
      chapters: unspoken(watch.story),
    })),
  };
  const node = el("div", { class: "next" }, estimate.node, complain.node);
  node.append(el("div", { class: "actions" }, listen, ...Object.values(buttons)));

  function update(story) {
    const idle = !story.task_id;
    const stopped = ["failed", "cancelled"].includes(story.status);
    const shown = {
      retry: idle && stopped && Boolean(story.last_task_id),
      both: idle && !allWritten(story),
      write: idle && !allWritten(story),
      narrate: idle && unspoken(story).length > 0 && (allWritten(story) || stopped),
    };
    for (const [name, pressed] of Object.entries(buttons)) pressed.hidden = !shown[name];
    for (const name of ["both", "narrate"]) buttons[name].className = shown.retry ? "" : "primary";
    listen.className = Object.values(shown).includes(true) ? "" : "primary";
    if (shown.both || shown.narrate) estimate.show(story);
    else estimate.hide();
    updatePlace();
  }

  function updatePlace() {
    const start = startingPlace(watch.story);
    listen.hidden = !start || player.storyId === storyId;
    if (start) setText(listen, start.kept ? `Continue with chapter ${start.chapter}, ${clock(start.seconds)}` : "Listen");
  }
  return { node, update, updatePlace };
}

/** Where listening goes on, or begins: null while nothing can be heard. */
function startingPlace({ story_id, chapters }) {
  const kept = place.get(story_id);
  if (kept && chapters[kept.chapter - 1]?.audio) return { ...kept, kept: true };
  const first = chapters.find(({ audio }) => audio);
  return first ? { chapter: first.number, seconds: 0 } : null;
}

/** All of a story: as a file, or gone. */
function storyFiles(stage, current) {
  const complain = complaint();
  const progress = el("span", { role: "status", class: "muted" });
  const download = button("Download all", () =>
    attempt(download, complain, async () => {
      const numbers = current().chapters.filter(({ audio }) => audio).map(({ number }) => number);
      try {
        await saveAll(current(), numbers, (done) => setText(progress, `Fetching ${done + 1} of ${numbers.length}…`));
      } finally {
        setText(progress, "");
      }
    }),
  );
  const bin = button("Delete story", async () => {
    const story = current();
    if (!(await deleteStory(story))) return;
    place.clear(story.story_id);
    if (player.storyId === story.story_id) player.stop();
    announce(`“${story.title}” is deleted.`);
    location.hash = "#/";
  });
  bin.className = "quiet";
  const node = el("div", { class: "files" }, complain.node, el("div", { class: "actions" }, download, progress, bin));
  const update = (story) => {
    download.hidden = !story.chapters.some(({ audio }) => audio);
  };
  return { node, update };
}
