/** One chapter in the list of a story: what it is, where it stands, and what can be done with it. */

/** @import { Chapter, Story } from "../types/openapi.d.ts" */

import { el, icon, iconButton, setAttribute, setText } from "./dom.js";
import { saveChapter } from "./download.js";
import { clock, spokenClock } from "./format.js";
import { formError, runAction } from "./notices.js";
import { places } from "./place.js";
import { player } from "./player.js";
import { chapterState, isWritten } from "./words.js";

/** @typedef {{ story: Story, chapter: Chapter }} ChapterItem */

/**
 * Make a row of `Rows`.
 * @param {ChapterItem} item
 */
export function chapterRow({ story: { story_id, language }, chapter: { number } }) {
  const title = el("h3", { id: `chapter-${number}` });
  const state = el("span", { class: "state" });
  const duration = el("span", { class: "time" });
  const summary = el("p", { lang: language });
  const heading = el("summary", { "aria-label": `Summary of chapter ${number}` }, "Summary");
  const details = el("details", {}, heading, summary);
  const tools = chapterButtons(story_id, number);
  const node = el(
    "li",
    { class: "chapter" },
    el("span", { class: "numeral", "aria-hidden": "true" }, String(number)),
    el("div", { class: "grow" }, title, el("p", { class: "byline" }, state, duration), details, tools.error),
    tools.node,
  );

  /** @param {ChapterItem} item */
  function update({ story: now, chapter }) {
    setText(title, chapter.title);
    setAttribute(title, "lang", now.language);
    setText(state, chapterState(chapter));
    setAttribute(state, "data-state", chapter.status);
    setText(duration, chapter.audio ? clock(chapter.audio.duration) : "");
    setAttribute(duration, "aria-label", chapter.audio ? spokenClock(chapter.audio.duration) : null);
    setText(summary, chapter.summary ?? "");
    details.hidden = !chapter.summary;
    tools.update(chapter);
    updatePlayer();
  }

  /** Show whether this chapter is the one that plays. */
  function updatePlayer() {
    const here = player.holds(story_id, number);
    setAttribute(node, "aria-current", here ? "true" : null);
    tools.showPlaying(here && player.playing);
  }
  return { node, update, updatePlayer };
}

/**
 * Make the link and the buttons of a chapter.
 * @param {string} storyId
 * @param {number} number
 */
function chapterButtons(storyId, number) {
  const error = formError();
  const label = { "aria-label": `Read chapter ${number}` };
  const read = el("a", { href: `#/story/${storyId}/${number}`, class: "read", ...label }, "Read");
  const save = () => runAction(download, error, () => saveChapter(storyId, number));
  const download = iconButton("download", `Download chapter ${number}`, save, { title: "Download" });
  const play = iconButton("play", "", () => togglePlayback(storyId, number), { class: "round play" });
  /** @type {boolean | null} */
  let playing = null;
  return {
    node: el("div", { class: "tools" }, read, download, play),
    error: error.node,
    /** @param {Chapter} chapter */
    update(chapter) {
      read.hidden = !isWritten(chapter);
      play.hidden = download.hidden = !chapter.audio;
    },
    /** @param {boolean} now */
    showPlaying(now) {
      if (now === playing) return;
      playing = now;
      setAttribute(play, "aria-label", `${now ? "Pause" : "Play"} chapter ${number}`);
      play.replaceChildren(icon(now ? "pause" : "play"));
    },
  };
}

/**
 * Play a chapter from where it was left, or pause it when it plays.
 * @param {string} storyId
 * @param {number} number
 */
export function togglePlayback(storyId, number) {
  if (player.holds(storyId, number)) {
    player.toggle();
    return;
  }
  const kept = places.get(storyId);
  player.play(storyId, number, kept?.chapter === number ? kept.seconds : 0);
}
