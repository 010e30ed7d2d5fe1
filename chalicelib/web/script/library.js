/** The library: one's stories, newest first, a page at a time. */

import { get } from "./api.js";
import { costOf, forgetPresentMonth } from "./catalogue.js";
import { deleteStory } from "./deleting.js";
import { button, el, icon, Rows, setAttribute, setText } from "./dom.js";
import { date, dollars, length, monthsBetween } from "./format.js";
import { attempt, complaint, whenLoaded } from "./notices.js";
import { chaptersReady, storyState } from "./words.js";

const REFRESH_MS = 10_000;
const EXCERPT = 160;

/** The view. */
export function libraryView(stage) {
  stage.heading("Library");
  const shelf = el("div");
  stage.add(shelf);
  whenLoaded(
    shelf,
    stage.signal,
    "Fetching your stories…",
    () => get("stories"),
    (page) => showShelf(stage, shelf, page),
  );
}

function showShelf(stage, shelf, page) {
  let [stories, cursor] = [page.stories, page.cursor];
  const list = el("ul", { class: "shelf" });
  const rows = new Rows(
    list,
    (story) => story.story_id,
    (story) => storyRow(story, stage.signal, forget),
  );
  const complain = complaint();
  const more = button("More stories", () => attempt(more, complain, fetchMore));
  const start = el("p", { class: "start" }, el("a", { class: "button primary", href: "#/new" }, "New story"));
  shelf.append(start, list, complain.node, more);
  draw();

  function draw() {
    rows.show(stories);
    more.hidden = !cursor;
    start.hidden = !stories.length;
    shelf.classList.toggle("empty", !stories.length);
    if (!stories.length) shelf.replaceChildren(emptyShelf());
  }

  async function fetchMore() {
    const next = await get(`stories?cursor=${cursor}`);
    const first = next.stories[0];
    stories = [...stories, ...next.stories];
    cursor = next.cursor;
    draw();
    if (first) rows.get(first.story_id).link.focus();
  }

  function forget(story) {
    const at = stories.findIndex(({ story_id }) => story_id === story.story_id);
    stories = stories.filter(({ story_id }) => story_id !== story.story_id);
    draw();
    const neighbour = stories[Math.min(at, stories.length - 1)];
    (neighbour ? rows.get(neighbour.story_id).link : shelf.querySelector("a"))?.focus();
  }

  /** Stories that are being made change by themselves. */
  const timer = setInterval(async () => {
    if (document.hidden || !stories.some((story) => story.status === "generating")) return;
    const fresh = await get("stories").catch(() => null);
    if (!fresh || stage.signal.aborted) return;
    const known = new Map(fresh.stories.map((story) => [story.story_id, story]));
    if (stories.some(({ story_id, status }) => status !== (known.get(story_id)?.status ?? status)))
      forgetPresentMonth();
    stories = stories.map((story) => known.get(story.story_id) ?? story);
    draw();
  }, REFRESH_MS);
  stage.signal.addEventListener("abort", () => clearInterval(timer));
}

function emptyShelf() {
  return el(
    "div",
    { class: "welcome" },
    el("img", { src: document.querySelector("link[rel=icon]").href, alt: "", width: 72, height: 72 }),
    el(
      "p",
      { class: "lead" },
      "The fire is lit and the chairs are empty: tell Fireside an idea, and it tells you a story.",
    ),
    el("p", {}, el("a", { class: "button primary", href: "#/new" }, "New story")),
  );
}

function storyRow(story, signal, deleted) {
  const link = el("a", { href: `#/story/${story.story_id}`, class: "title" });
  const facts = el("p", { class: "facts" });
  const idea = el("p", { class: "excerpt", dir: "auto" }, story.prompt.slice(0, EXCERPT));
  const state = el("span", { class: "state" });
  const [ready, sound, cost] = [el("span"), el("span"), el("span", { title: "What it cost so far" })];
  const made = el("time", { datetime: story.created_at }, date(story.created_at));
  facts.append(state, ready, sound, cost, made);
  const bin = button("", ask, { class: "round", title: "Delete" }, icon("bin"));
  const node = el("li", {}, el("div", { class: "grow" }, el("h2", {}, link), idea, facts), bin);
  let current = story;
  let costAt = "";

  async function ask() {
    if (await deleteStory(current)) deleted(current);
  }

  async function updateCost() {
    const state = `${current.updated_at} ${current.status}`;
    if (costAt === state) return;
    costAt = state;
    const months = monthsBetween(current.created_at, current.updated_at);
    const spent = await costOf(current.story_id, months).catch(() => 0);
    if (!signal.aborted && spent) setText(cost, dollars(spent));
  }

  function update(now) {
    current = now;
    setText(link, now.title);
    setAttribute(link, "lang", now.language);
    setText(state, storyState(now));
    setAttribute(state, "data-state", now.status);
    setText(ready, chaptersReady(now));
    setText(sound, now.audio_seconds ? length(now.audio_seconds) : "");
    setAttribute(bin, "aria-label", `Delete ${now.title}`);
    updateCost();
  }
  return { node, update, link };
}
