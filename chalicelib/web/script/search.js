/** Finding a story in a library: by its words, and in an order of one's choice. */

/** @import { StoryHead } from "../types/openapi.d.ts" */

import { el, setText } from "./dom.js";
import { plural } from "./format.js";
import { places } from "./place.js";

/** @typedef {"newest" | "heard" | "title" | "longest"} Order */
/** @typedef {{ words: string, order: Order }} Wanted */

/** @type {ReadonlyArray<readonly [Order, string]>} */
const ORDERS = [
  ["newest", "Newest first"],
  ["heard", "Last heard first"],
  ["title", "By title"],
  ["longest", "Longest first"],
];

/** Below so many stories one sees them all. */
export const FEW = 6;

/**
 * Return a text as it is compared: without case and accents.
 * @param {string} text
 */
const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

/**
 * Return the stories that have every word, in the order that is wanted.
 * @param {readonly StoryHead[]} stories newest first
 * @param {Wanted} wanted
 * @param {(storyId: string) => string} heardAt when a story was heard last, or ""
 */
export function found(stories, { words, order }, heardAt) {
  const parts = plain(words).split(/\s+/).filter(Boolean);
  const matching = stories.filter(({ title, prompt, manuscript }) => {
    const text = plain(`${title} ${prompt} ${manuscript?.opening ?? ""}`);
    return parts.every((part) => text.includes(part));
  });
  if (order === "title") matching.sort((a, b) => a.title.localeCompare(b.title));
  if (order === "longest") matching.sort((a, b) => b.audio_seconds - a.audio_seconds);
  if (order === "heard") matching.sort((a, b) => heardAt(b.story_id).localeCompare(heardAt(a.story_id)));
  return matching;
}

/** What was looked for last: one who comes back to the library finds it as it was. @type {Wanted} */
const last = { words: "", order: "newest" };

/**
 * Make the search; `changed()` is called whenever something else is wanted.
 * @param {() => void} changed
 */
export function librarySearch(changed) {
  const field = el("input", { type: "search", id: "search", autocomplete: "off", value: last.words });
  const order = el("select", { id: "order" }, ...ORDERS.map(([value, label]) => el("option", { value }, label)));
  order.value = last.order;
  const result = el("p", { class: "hint", role: "status" });
  const node = el(
    "form",
    { class: "search", role: "search" },
    el("div", {}, el("label", { for: field.id }, "Search your stories"), field),
    el("div", {}, el("label", { for: order.id }, "Order"), order),
    result,
  );
  node.addEventListener("submit", (event) => event.preventDefault());
  const take = () => {
    last.words = field.value;
    last.order = ORDERS.find(([value]) => value === order.value)?.[0] ?? "newest";
    changed();
  };
  field.addEventListener("input", take);
  order.addEventListener("change", take);
  return {
    node,
    /** Whether all stories have to be known to show what is wanted. */
    get needsAll() {
      return last.words.trim() !== "" || last.order !== "newest";
    },
    /** @param {readonly StoryHead[]} stories @param {boolean} complete */
    show(stories, complete) {
      // Some of them in an order that all of them change would only move under the reader's eyes.
      if (!complete && this.needsAll) {
        setText(result, "Fetching all your stories…");
        return [];
      }
      const shown = found(stories, last, (storyId) => places.get(storyId)?.at ?? "");
      const searched = last.words.trim() !== "";
      const sentence = shown.length
        ? `${plural(shown.length, "story", "stories")} found.`
        : "No story has these words.";
      setText(result, searched ? sentence : "");
      node.hidden = stories.length < FEW && complete && !searched;
      return shown;
    },
  };
}
