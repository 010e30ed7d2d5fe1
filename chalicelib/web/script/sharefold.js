/** The fold on a story's page in which it is shared; what is in it is fetched when it is opened. */

/** @import { Story } from "../types/openapi.d.ts" */

import { get } from "./api.js";
import { el } from "./dom.js";
import { fetchLater } from "./lazy.js";
import { loadInto } from "./notices.js";

/**
 * Make the fold; `update(story)` shows it once there is something to share.
 * @param {AbortSignal} signal
 * @param {string} storyId
 */
export function shareFold(signal, storyId) {
  const body = el("div", { class: "share" });
  const node = el("details", {}, el("summary", {}, "Share"), body);
  let begun = false;
  node.addEventListener("toggle", () => {
    if (!node.open || begun) return;
    // Once only: a link that was made is shown as long as one stays on the page.
    begun = true;
    const load = () => Promise.all([fetchLater(), get("/stories/{story_id}/shares", { story_id: storyId })]);
    loadInto(body, signal, "Loading the links…", load, ([{ sharePanel }, { shares }]) => {
      body.append(sharePanel(storyId, shares));
    });
  });
  /** @param {Story} story */
  const update = (story) => {
    node.hidden = !story.cast.length;
  };
  return { node, update };
}
