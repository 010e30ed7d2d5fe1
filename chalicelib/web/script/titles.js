/** The window's title: what plays, what has become ready while nobody looked, or the view. */

import { player } from "./player.js";

let view = "";
let news = "";

/** Name the view. @param {string} title */
export function titleView(title) {
  view = title;
  show();
}

/** Say what is ready, until the page is seen. @param {string} sentence */
export function titleNews(sentence) {
  news = document.hidden ? sentence : "";
  show();
}

/**
 * Return the window's title.
 * @param {{ view: string, news: string, playing: { chapter: string, story: string } | null }} of
 */
export function windowTitle({ view: name, news: sentence, playing }) {
  if (sentence) return `${sentence} · Fireside`;
  return playing ? `▶ ${playing.chapter} · ${playing.story}` : `${name} · Fireside`;
}

function show() {
  const { chapter, story } = player;
  const playing = player.playing && chapter && story ? { chapter: chapter.title, story: story.title } : null;
  const title = windowTitle({ view, news, playing });
  if (document.title !== title) document.title = title;
}

/** Keep the title true. */
export function startTitles() {
  player.addEventListener("change", show);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) titleNews("");
  });
}
