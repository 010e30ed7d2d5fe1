/** A story: where it stands, what can be done next, and its chapters. */

import { allVoices } from "./catalogue.js";
import { chapterRow } from "./chapterrow.js";
import { deleteStory } from "./deleting.js";
import { button, el, Rows, setAttribute, setText } from "./dom.js";
import { saveAll } from "./download.js";
import { date, languageName, length, plural } from "./format.js";
import { attempt, complaint } from "./notices.js";
import { onPlayer } from "./player.js";
import { storyActions } from "./storyactions.js";
import { storyFailure, taskPanel, taskSentence } from "./taskpanel.js";
import { watchStory } from "./watch.js";
import { storySentence, totalSeconds } from "./words.js";

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
    if (!current()) return;
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

/** All of a story: as a file, or gone. */
function storyFiles(stage, current) {
  const complain = complaint();
  const progress = el("span", { role: "status", class: "muted" });
  const download = button("Download all", () =>
    attempt(download, complain, async () => {
      const numbers = current()
        .chapters.filter(({ audio }) => audio)
        .map(({ number }) => number);
      try {
        await saveAll(current(), numbers, (done) => setText(progress, `Fetching ${done + 1} of ${numbers.length}…`));
      } finally {
        setText(progress, "");
      }
    }),
  );
  const bin = button("Delete story", async () => {
    if (await deleteStory(current())) location.hash = "#/";
  });
  bin.className = "quiet";
  const node = el("div", { class: "files" }, complain.node, el("div", { class: "actions" }, download, progress, bin));
  const update = (story) => {
    download.hidden = !story.chapters.some(({ audio }) => audio);
  };
  return { node, update };
}
