/** The earlier texts of a chapter, and the button that brings one back. */

/** @import { ChapterAlone, Story, Version } from "../types/openapi.d.ts" */
/** @import { ViewContext } from "./viewcontext.js" */
/** @import { Watch } from "./watch.js" */

import { get, post } from "./api.js";
import { button, el, setText } from "./dom.js";
import { dateAndTime, plural } from "./format.js";
import { announce, formError, runAction } from "./notices.js";

/**
 * Make the list, folded away; it is fetched when it is opened.
 * @param {ViewContext} context
 * @param {Watch} watch
 * @param {number} number
 * @param {(chapter: ChapterAlone) => void} restored
 */
export function versionsPanel(context, watch, number, restored) {
  const parameters = { story_id: watch.storyId, number };
  const list = el("ol", { class: "versions" });
  const status = el("p", { class: "muted", role: "status" });
  const error = formError();
  const node = el("details", { class: "earlier" }, el("summary", {}, "Earlier texts"), status, list, error.node);
  let shown = "";
  let waits = false;

  async function load() {
    setText(status, "Loading…");
    try {
      const { versions } = await get("/stories/{story_id}/chapters/{number}/versions", parameters);
      if (context.signal.aborted) return;
      setText(status, versions.length ? "" : "This chapter has always been as it is now.");
      list.replaceChildren(...versions.map(row));
    } catch {
      setText(status, "They cannot be loaded right now. Close this and open it again.");
    }
  }

  /** @param {Version} version */
  function row(version) {
    const back = button("Bring it back", () => runAction(back, error, () => restore(version.version)));
    back.disabled = waits;
    return el("li", {}, el("span", {}, versionSentence(version)), back);
  }

  /** @param {string} version */
  async function restore(version) {
    const chapter = await post("/stories/{story_id}/chapters/{number}/restore", parameters, { version });
    announce("The earlier text is back. The one it replaces is kept too.");
    node.open = false;
    restored(chapter);
  }

  node.addEventListener("toggle", () => node.open && load());
  /** @param {Story} story @param {ChapterAlone | null} chapter @param {boolean} editing */
  const update = (story, chapter, editing) => {
    node.hidden = !chapter?.script || editing;
    waits = Boolean(story.task_id);
    for (const each of list.querySelectorAll("button")) each.disabled = waits;
    const now = chapter?.version ?? "";
    if (node.open && shown && now !== shown) load();
    shown = now;
  };
  return { node, update };
}

/**
 * Say what an earlier text is: `Yours, Nov 27, 2026, 10:15 AM: 870 words, narrated`.
 * @param {Version} version
 */
export function versionSentence({ by, made_at, words, audio }) {
  const whose = by === "person" ? "Yours" : "The author’s";
  return `${whose}, ${dateAndTime(made_at)}: ${plural(words, "word")}${audio ? ", narrated" : ""}`;
}
