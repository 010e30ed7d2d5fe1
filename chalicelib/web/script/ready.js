/** Telling somebody who looks elsewhere that a chapter, or the book, is ready. */

/** @import { Story } from "../types/openapi.d.ts" */
/** @import { Watch } from "./watch.js" */

import { button, el, find, iconAddress, setText } from "./dom.js";
import { plural } from "./format.js";
import { formError, runAction } from "./notices.js";
import { titleNews } from "./titles.js";

const SHOWN_MS = 12_000;

/**
 * Say what has become ready: chapters by their numbers, or all of a story.
 * @param {Story} story
 * @param {readonly number[]} numbers chapters that have become ready
 */
export function readySentence({ title, chapters, num_chapters }, numbers) {
  const all = chapters.filter(({ audio }) => audio).length === num_chapters;
  if (all && num_chapters > 0) return `“${title}” is ready.`;
  if (numbers.length === 1) return `Chapter ${numbers[0]} of “${title}” is ready.`;
  return `${plural(numbers.length, "chapter")} of “${title}” are ready.`;
}

let timer = 0;

/**
 * Tell it: on the page, in the window's title while nobody looks, and by the system where the user has allowed that.
 * @param {Story} story
 * @param {readonly number[]} numbers
 */
export function tellReady(story, numbers) {
  const sentence = readySentence(story, numbers);
  const toast = find("#toast", HTMLElement);
  const link = el("a", { href: `#/story/${story.story_id}` }, sentence);
  const close = button("Close", () => toast.replaceChildren(), { class: "quiet" });
  toast.replaceChildren(link, close);
  clearTimeout(timer);
  // Somebody who looks elsewhere finds it when they are back.
  if (!document.hidden) timer = window.setTimeout(() => toast.replaceChildren(), SHOWN_MS);
  titleNews(sentence.replace(/\.$/, ""));
  if (document.hidden && "Notification" in window && Notification.permission === "granted") notify(story, sentence);
}

/** @param {Story} story @param {string} sentence */
function notify({ story_id }, sentence) {
  try {
    const notice = new Notification("Fireside", { body: sentence, tag: story_id, icon: iconAddress() });
    notice.addEventListener("click", () => {
      window.focus();
      location.hash = `#/story/${story_id}`;
      notice.close();
    });
  } catch {
    // Chrome on Android has notifications from service workers alone; the title says it there
  }
}

/**
 * Make the button by which a user asks to be told; it shows while a task runs.
 * @param {Watch} watch
 */
export function readyAsk(watch) {
  const error = formError();
  const said = el("p", { class: "hint", role: "status" });
  const ask = button("Tell me when it is ready", () => runAction(ask, error, agree), { class: "quiet" });
  const node = el("div", { class: "ready-ask" }, ask, said, error.node);
  let asked = false;

  async function agree() {
    asked = true;
    // A page that nobody looks at asks for nothing, unless somebody waits for it.
    watch.awaited = true;
    const allowed = "Notification" in window && (await Notification.requestPermission()) === "granted";
    setText(
      said,
      allowed ? "You will be told, as long as this page stays open." : "The title of this tab will say so.",
    );
    update();
  }
  const update = () => {
    node.hidden = !watch.running;
    ask.hidden = asked;
    if (!watch.running) [asked, watch.awaited] = [false, false];
  };
  return { node, update };
}
