/** One chapter in the list of a story: what it is, where it stands, and what can be done with it. */

import { button, el, icon, setAttribute, setText } from "./dom.js";
import { saveChapter } from "./download.js";
import { clock, spokenClock } from "./format.js";
import { attempt, complaint } from "./notices.js";
import { player } from "./player.js";
import { place } from "./store.js";
import { chapterState, isWritten } from "./words.js";

/** A row of `Rows`; items are `{story, chapter}`. */
export function chapterRow({ story, chapter }) {
  const { number } = chapter;
  const title = el("h3", { id: `chapter-${number}` });
  const state = el("span", { class: "state" });
  const sound = el("span", { class: "time" });
  const summary = el("p", { lang: story.language });
  const details = el(
    "details",
    {},
    el("summary", { "aria-label": `Summary of chapter ${number}` }, "Summary"),
    summary,
  );
  const complain = complaint();
  const play = button("", () => hear(story.story_id, number), { class: "round play" });
  const read = el("a", { href: `#/story/${story.story_id}/${number}`, class: "read" }, "Read");
  setAttribute(read, "aria-label", `Read chapter ${number}`);
  const fetchIt = () => attempt(download, complain, () => saveChapter(story.story_id, number));
  const download = button(
    "",
    fetchIt,
    { class: "round", "aria-label": `Download chapter ${number}` },
    icon("download"),
  );
  download.title = "Download";
  const node = el(
    "li",
    { class: "chapter" },
    el("span", { class: "numeral", "aria-hidden": "true" }, String(number)),
    el("div", { class: "grow" }, title, el("p", { class: "facts" }, state, sound), details, complain.node),
    el("div", { class: "tools" }, read, download, play),
  );
  let playing = null;

  function update({ story: now, chapter: current }) {
    setText(title, current.title);
    setAttribute(title, "lang", now.language);
    setText(state, chapterState(current));
    setAttribute(state, "data-state", current.status);
    setText(sound, current.audio ? clock(current.audio.duration) : "");
    setAttribute(sound, "aria-label", current.audio ? spokenClock(current.audio.duration) : null);
    setText(summary, current.summary ?? "");
    details.hidden = !current.summary;
    read.hidden = !isWritten(current);
    play.hidden = download.hidden = !current.audio;
    updatePlayer();
  }

  /** Show whether this chapter is the one that sounds. */
  function updatePlayer() {
    const here = player.holds(story.story_id, number);
    setAttribute(node, "aria-current", here ? "true" : null);
    const now = here && player.playing;
    if (now === playing) return;
    playing = now;
    setAttribute(play, "aria-label", `${now ? "Pause" : "Play"} chapter ${number}`);
    play.replaceChildren(icon(now ? "pause" : "play"));
  }
  return { node, update, updatePlayer };
}

/** Play a chapter from where it was left, or pause it when it sounds. */
export function hear(storyId, number) {
  if (player.holds(storyId, number)) {
    player.toggle();
    return;
  }
  const kept = place.get(storyId);
  player.play(storyId, number, kept?.chapter === number ? kept.seconds : 0);
}
