/** The dialog of bookmarks: one is added where the player is, all are listed, gone to, and removed. */

import { get, put, serverNow, toError } from "./api.js";
import { BookmarkList, MOST } from "./bookmarks.js";
import { cueAt, parseCaptions } from "./captions.js";
import { openDialog } from "./dialog.js";
import { button, el, setText } from "./dom.js";
import { clock } from "./format.js";
import { announce, formError, runAction } from "./notices.js";
import { player } from "./player.js";
import { browserStorage } from "./store.js";

const PATH = "/stories/{story_id}/bookmarks";
const CHAPTER = "/stories/{story_id}/chapters/{number}";
const WORDS = 80;

/** @param {string} story_id */
function listOf(story_id) {
  // Below `place.`, so that signing out removes it too.
  const key = `place.marks.${story_id}`;
  return new BookmarkList(
    {
      get: () => /** @type {ReturnType<import("./bookmarks.js").Local["get"]>} */ (browserStorage.get(key)),
      set: (kept) => browserStorage.set(key, kept),
    },
    {
      get: () => get(PATH, { story_id }),
      put: (list) => put(PATH, { story_id }, list),
    },
    serverNow,
  );
}

/**
 * Return how the line that is spoken at a second begins, or "" where that is not known.
 * @param {string} story_id
 * @param {number} number
 * @param {number} seconds
 */
async function wordsAt(story_id, number, seconds) {
  try {
    const parameters = { story_id, number };
    const [chapter, captions] = await Promise.all([get(CHAPTER, parameters), get(`${CHAPTER}/captions`, parameters)]);
    const id = cueAt(parseCaptions(captions), seconds)?.id;
    const text = chapter.script?.lines.find(({ line_id }) => line_id === id)?.text ?? "";
    return text.length > WORDS ? `${text.slice(0, WORDS).replace(/[\s.,;:]+\S*$/, "")}…` : text;
  } catch {
    return "";
  }
}

/** Open the dialog for the story in the player. */
export async function openBookmarks() {
  const { storyId, number, story } = player;
  const seconds = Math.floor(player.position);
  const list = listOf(storyId);
  const error = formError();
  const items = el("ul", { class: "bookmarks" });
  const none = el("p", { class: "muted" }, "None yet.");
  /** @type {(answer: string) => void} */
  let shut = () => {};

  const show = () => {
    const { all } = list;
    none.hidden = all.length > 0;
    items.hidden = all.length === 0;
    items.replaceChildren(...all.map((mark) => bookmarkRow(mark, story?.language ?? "", go, remove)));
  };
  /** @param {import("./bookmarks.js").Bookmark} mark */
  const go = (mark) => {
    shut("");
    player.play(storyId, mark.chapter, mark.seconds);
  };
  /** @param {() => Promise<void>} action @param {string} said */
  const carryOut = async (action, said) => {
    error.clear();
    const done = action();
    show();
    await done.catch((thrown) => {
      const offline = "It is kept on this device, and sent once you are connected again.";
      error.show(navigator.onLine ? toError(thrown).message : offline);
    });
    show();
    announce(said);
  };
  /** @param {import("./bookmarks.js").Bookmark} mark */
  const remove = (mark) => {
    carryOut(() => list.change({ remove: mark.bookmark_id }), "Bookmark removed.");
    add.focus();
  };
  const add = button(`Add one at ${clock(seconds)}`, () =>
    runAction(add, error, async () => {
      if (list.all.length >= MOST) throw new Error(`A story has up to ${MOST} bookmarks. Remove one first.`);
      const note = await wordsAt(storyId, number, seconds);
      const mark = { bookmark_id: crypto.randomUUID?.() ?? `m${Date.now()}`, chapter: number, seconds, note };
      await carryOut(() => list.change({ add: mark }), "Bookmark added.");
    }),
  );
  list.refresh().then(show, () => {});
  show();
  await openDialog("Bookmarks", (close) => {
    shut = close;
    const done = button("Close", () => close(""));
    return [none, items, error.node, el("div", { class: "actions" }, add, done)];
  });
}

/**
 * @param {import("./bookmarks.js").Bookmark} mark
 * @param {string} language
 * @param {(mark: import("./bookmarks.js").Bookmark) => void} go
 * @param {(mark: import("./bookmarks.js").Bookmark) => void} remove
 */
function bookmarkRow(mark, language, go, remove) {
  const where = `Chapter ${mark.chapter}, ${clock(mark.seconds)}`;
  const words = el("span", { lang: language, dir: "auto" });
  setText(words, mark.note);
  const to = button("", () => go(mark), { class: "quiet" });
  to.replaceChildren(el("b", {}, where), words);
  const bin = button("Remove", () => remove(mark), { class: "quiet", "aria-label": `Remove the bookmark at ${where}` });
  return el("li", {}, to, bin);
}
