/** A story to keep: the book's files as they were made, its chapters, captions and text as files of one's own. */

/** @import { Story } from "../types/openapi.d.ts" */
/** @import { Watch } from "./watch.js" */

import { get, post } from "./api.js";
import { button, el, setText } from "./dom.js";
import { saveAll, saveCaptions, saveText } from "./download.js";
import { bookState, megabytes } from "./format.js";
import { formError, runAction } from "./notices.js";

const WORDS = {
  none: "The audiobook file and the EPUB are made once every chapter is narrated.",
  missing: "There is no audiobook file of this story yet.",
  old: "The audiobook file and the EPUB are older than the story.",
};

/**
 * Make the place where a story is downloaded; `update(story)` patches it.
 * @param {Watch} watch
 */
export function bookFiles(watch) {
  const error = formError();
  const progress = el("p", { role: "status", class: "hint" });
  const note = el("p", { class: "hint" });
  /**
   * @param {string} label
   * @param {(story: Story) => Promise<unknown>} work
   */
  const act = (label, work) => {
    const pressed = button(label, () =>
      runAction(pressed, error, async () => {
        try {
          if (watch.story) await work(watch.story);
        } finally {
          setText(progress, "");
        }
      }),
    );
    return pressed;
  };
  /** @param {number} done @param {number} all */
  const onProgress = (done, all) => setText(progress, `Fetching ${done + 1} of ${all}…`);
  const buttons = {
    m4b: act("", (story) => fetchFile(story.story_id, "m4b")),
    epub: act("", (story) => fetchFile(story.story_id, "epub")),
    chapters: act("Download all", (story) => saveAll(story, onProgress)),
    captions: act("Captions", (story) => saveCaptions(story, onProgress)),
    text: act("Plain text", (story) => saveText(story, onProgress)),
    make: act("Make the files", async ({ story_id }) => {
      await post("/stories/{story_id}/book", { story_id }, {});
      await watch.refresh();
    }),
  };
  const node = el("section", { class: "files", "aria-label": "Download" }, el("h2", {}, "Download"), error.node);
  node.append(el("div", { class: "actions" }, ...Object.values(buttons)), note, progress);
  /** @param {Story} story */
  const update = (story) => show(story, node, buttons, note);
  return { node, update };
}

/**
 * @param {Story} story
 * @param {HTMLElement} node
 * @param {Record<"m4b" | "epub" | "chapters" | "captions" | "text" | "make", HTMLButtonElement>} buttons
 * @param {HTMLElement} note
 */
function show(story, node, buttons, note) {
  const { book } = story;
  const state = bookState(story);
  const heard = story.chapters.some(({ audio }) => audio);
  buttons.m4b.hidden = buttons.epub.hidden = !book;
  if (book) {
    setText(buttons.m4b, `Audiobook, one file (${megabytes(book.m4b.bytes)})`);
    setText(buttons.epub, `EPUB to read along (${megabytes(book.epub.bytes)})`);
  }
  buttons.chapters.hidden = buttons.captions.hidden = !heard;
  buttons.text.hidden = !story.chapters.some(({ summary }) => summary);
  buttons.make.hidden = (state !== "missing" && state !== "old") || Boolean(story.task_id) || !isWhole(story);
  setText(buttons.make, state === "old" ? "Make the files again" : "Make the files");
  setText(note, state === "current" ? "" : WORDS[state]);
  node.hidden = !heard && buttons.text.hidden;
}

/** @param {Story} story */
const isWhole = ({ chapters }) => chapters.every(({ audio }) => audio && !audio.out_of_date);

/**
 * Have the browser download a file of the book, by an address that is signed now.
 * @param {string} storyId
 * @param {"m4b" | "epub"} kind
 */
async function fetchFile(storyId, kind) {
  const { book } = await get("/stories/{story_id}", { story_id: storyId });
  const url = book?.[kind].url;
  if (!url) throw new Error("This file is not there any more. Reload the page.");
  el("a", { href: url, download: "" }).click();
}
