/** The page of a shared story: it plays, can be read along, and goes on where one was, without signing in. */

import { toError } from "./api.js";
import { button, el, find, Rows, setAttribute, setText } from "./dom.js";
import { clock, length, plural } from "./format.js";
import { startSharedBar } from "./sharedbar.js";
import { SharedPlayer } from "./sharedplayer.js";
import { fetchStory, Gone, placeIn } from "./sharedstory.js";
import { SharedText } from "./sharedtext.js";

/** @import { SharedChapter, SharedStory } from "./sharedstory.js" */

/** How often a story that is still being made is asked for, as long as the page can be seen. */
const GROWS_MS = 60_000;

const status = find("#status", HTMLElement);
const list = find("#chapters", HTMLElement);

/** Show the story, or why there is none; then offer to try again. */
async function start() {
  setText(status, "Loading the story…");
  try {
    showStory(await fetchStory());
  } catch (error) {
    giveUp(error);
    if (!(error instanceof Gone)) status.append(" ", button("Try again", start));
  }
}

/** @param {unknown} error */
function giveUp(error) {
  const sentence = error instanceof Gone ? `${error.message} Ask the person who sent it to you for a new one.` : "";
  setText(status, sentence || toError(error).message);
}

/** @param {SharedStory} first */
function showStory(first) {
  const player = new SharedPlayer(first);
  const text = new SharedText(player);
  startSharedBar(player);
  const rows = new Rows(list, /** @param {SharedChapter} chapter */ ({ number }) => number, chapterRow(player));
  const begin = button("Play", () => beginOrContinue(player), { class: "primary" });
  setAttribute(list, "lang", first.language);
  list.before(el("p", { class: "actions" }, begin));

  /** @param {SharedStory} story */
  function show(story) {
    player.story = story;
    setText(find("#byline", HTMLElement), byline(story));
    const notice = find("#notice", HTMLElement);
    setText(notice, story.notice);
    setAttribute(notice, "lang", story.language);
    setText(status, toCome(story));
    showCover(story);
    rows.show(story.chapters);
    update();
  }

  function update() {
    const place = placeIn(player.story);
    const again = place && `Continue chapter ${place.chapter} at ${clock(place.seconds)}`;
    setText(begin, again || "Play");
    begin.hidden = Boolean(player.number) || !player.story.chapters.length;
    for (const row of rows.all()) row.mark();
    const shown = player.chapter ?? player.story.chapters.find(({ number }) => number === place?.chapter);
    const chapter = shown ?? player.story.chapters[0];
    if (chapter) text.show(chapter.number, chapter.title).catch(() => {}); // the sound says what is wrong
  }

  async function refresh() {
    try {
      show(await fetchStory());
    } catch (error) {
      if (!(error instanceof Gone)) return; // offline for a moment
      player.stop();
      giveUp(error);
    }
  }
  player.addEventListener("change", update);
  player.addEventListener("lost", refresh);
  setInterval(() => player.story.chapters_to_come && document.visibilityState === "visible" && refresh(), GROWS_MS);
  show(first);
}

/** @param {SharedPlayer} player */
function beginOrContinue(player) {
  const [first] = player.story.chapters;
  const place = placeIn(player.story);
  if (place) player.play(place.chapter, place.seconds);
  else if (first) player.play(first.number);
}

/** @param {SharedStory} story */
function byline({ chapters }) {
  const seconds = chapters.reduce((sum, { duration }) => sum + duration, 0);
  return chapters.length ? `${plural(chapters.length, "chapter")} · ${length(seconds)}` : "";
}

/** @param {SharedStory} story */
function toCome({ chapters_to_come: more, chapters }) {
  if (!more) return "";
  if (!chapters.length) return "Nothing can be heard yet. Chapters appear here as soon as they are ready.";
  return `${plural(more, "more chapter is", "more chapters are")} not ready yet.`;
}

/** @param {SharedStory} story */
function showCover({ cover }) {
  const image = find("#cover", HTMLImageElement);
  image.hidden = !cover;
  if (cover) setAttribute(image, "src", `data:image/svg+xml,${encodeURIComponent(cover)}`);
}

/**
 * Return what makes the row of a chapter: a button that plays it.
 * @param {SharedPlayer} player
 */
function chapterRow(player) {
  /** @param {SharedChapter} first */
  return (first) => {
    const { number } = first;
    const title = el("span", { dir: "auto" });
    const time = el("span", { class: "time" });
    const play = button("", () => player.play(number), { class: "quiet shared-chapter" });
    play.replaceChildren(el("span", { class: "shared-number" }, `${number}`), title, time);
    const node = el("li", {}, play);
    /** @param {SharedChapter} chapter */
    const update = (chapter) => {
      setText(title, chapter.title);
      setText(time, clock(chapter.duration));
    };
    const mark = () => setAttribute(play, "aria-current", player.number === number ? "true" : null);
    return { node, update, mark };
  };
}

start();
