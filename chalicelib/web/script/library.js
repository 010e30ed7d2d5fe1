/** The library: one's stories, newest first, a page at a time. */

/** @import { Stories, StoryHead } from "../types/openapi.d.ts" */
/** @import { ViewContext } from "./viewcontext.js" */

import { get, toError } from "./api.js";
import { budgetLine } from "./budget.js";
import { costOf, forgetCurrentMonth } from "./catalogue.js";
import { coverPicture } from "./cover.js";
import { deleteStory } from "./deleting.js";
import { button, el, iconButton, Rows, setAttribute, setText } from "./dom.js";
import { firstTale, isFree } from "./embedded.js";
import { firstMinute } from "./firstminute.js";
import { date, length, monthsBetween } from "./format.js";
import { formError, loadInto, runAction } from "./notices.js";
import { wouldCost } from "./pricewords.js";
import { librarySearch } from "./search.js";
import { chaptersReady, firstTaleOf, storyState } from "./words.js";

const REFRESH_MS = 10_000;
const EXCERPT = 160;
/** Stories that the API lists at once at most. */
const MOST = 100;

/** How many stories were shown when the library was left: who comes back finds as many. */
let shownBefore = 0;

/**
 * Show the view.
 * @param {ViewContext} context
 */
export function libraryView(context) {
  context.heading("Library");
  const body = el("div");
  context.add(body);
  loadInto(
    body,
    context.signal,
    "Loading your stories…",
    () => get("/stories", shownBefore ? { limit: Math.min(shownBefore, MOST) } : {}),
    (page) => new StoryList(body, context, page).start(),
  );
}

/** The list of stories, as far as it has been fetched. */
class StoryList {
  #list = el("ul", { class: "stories" });
  #error = formError();
  #more = button("More stories", () => runAction(this.#more, this.#error, () => this.#fetchMore()));
  #new = el("p", { class: "start" }, el("a", { class: "button primary", href: "#/new" }, "New story"));
  #rows = new Rows(
    this.#list,
    ({ story_id }) => story_id,
    /** @param {StoryHead} story */ (story) => storyRow(story, this.signal, (deleted) => this.#remove(deleted)),
  );

  #budget;
  #fetching = false;
  /** Whether the rest could not be fetched: then one searches what is there. */
  #failed = false;
  #search = librarySearch(() => this.#look());
  /** Which first minute is shown; null for none. @type {string | null} */
  #begun = null;

  /**
   * @param {HTMLElement} body
   * @param {ViewContext} context
   * @param {Stories} page
   */
  constructor(body, context, page) {
    this.body = body;
    this.context = context;
    this.signal = context.signal;
    this.#budget = budgetLine(this.signal);
    this.stories = page.stories;
    this.cursor = page.cursor;
  }

  /** Show the list, and keep stories that are in progress up to date. */
  start() {
    this.#look();
    const timer = setInterval(() => this.#refresh(), REFRESH_MS);
    this.signal.addEventListener("abort", () => clearInterval(timer));
  }

  #draw() {
    const begins = firstTaleOf(this.stories, firstTale());
    this.#rows.show(this.#search.show(this.stories, !this.cursor || this.#failed));
    this.#more.hidden = !this.cursor || (this.#search.needsAll && !this.#failed);
    if (this.body.hasChildNodes() && begins === this.#begun) return;
    this.#begun = begins;
    if (begins !== null) this.body.replaceChildren(firstMinute(this.context, begins));
    else
      this.body.replaceChildren(
        this.#new,
        this.#budget.node,
        this.#search.node,
        this.#list,
        this.#error.node,
        this.#more,
      );
  }

  /** Show what is looked for: among all stories, which are fetched first. */
  async #look() {
    this.#draw();
    if (!this.#search.needsAll || !this.cursor || this.#fetching) return;
    this.#fetching = true;
    this.#failed = false;
    this.#error.clear();
    try {
      while (this.cursor && !this.signal.aborted) await this.#append(await this.#next(MOST));
    } catch (error) {
      this.#failed = true;
      this.#error.show(`Not all stories were found. ${toError(error).message}`);
      this.#draw();
    } finally {
      this.#fetching = false;
    }
  }

  /** @param {number} [limit] */
  #next(limit) {
    const from = this.cursor ? { cursor: this.cursor } : {};
    return get("/stories", limit ? { ...from, limit } : from);
  }

  /** @param {Stories} next */
  #append(next) {
    this.stories = [...this.stories, ...next.stories];
    this.cursor = next.cursor;
    shownBefore = this.stories.length;
    this.#draw();
  }

  async #fetchMore() {
    if (!this.cursor) return;
    const next = await this.#next();
    this.#append(next);
    this.#focus(next.stories[0]);
  }

  /** @param {StoryHead} story */
  #remove({ story_id }) {
    const at = this.stories.findIndex((story) => story.story_id === story_id);
    this.stories = this.stories.filter((story) => story.story_id !== story_id);
    this.#draw();
    if (this.stories.length) this.#focus(this.stories[Math.min(at, this.stories.length - 1)]);
    else this.body.querySelector("a")?.focus();
  }

  /** @param {StoryHead | undefined} story */
  #focus(story) {
    if (story) this.#rows.get(story.story_id)?.link.focus();
  }

  async #refresh() {
    if (document.hidden || !this.stories.some((story) => story.status === "generating")) return;
    const fresh = await get("/stories", {}).catch(() => null);
    if (!fresh || this.signal.aborted) return;
    const known = new Map(fresh.stories.map((story) => [story.story_id, story]));
    const changed = this.stories.some(({ story_id, status }) => status !== (known.get(story_id)?.status ?? status));
    if (changed) {
      forgetCurrentMonth();
      this.#budget.show();
    }
    this.stories = this.stories.map((story) => known.get(story.story_id) ?? story);
    this.#draw();
  }
}

/**
 * Return how the idea begins, or the text that is read out.
 * @param {StoryHead} story
 */
const excerptOf = ({ manuscript, prompt }) => manuscript?.opening ?? prompt.slice(0, EXCERPT);

/**
 * Make the row of a story.
 * @param {StoryHead} story
 * @param {AbortSignal} signal
 * @param {(story: StoryHead) => void} onDeleted
 */
function storyRow(story, signal, onDeleted) {
  const link = el("a", { href: `#/story/${story.story_id}`, class: "title" });
  const cover = coverPicture();
  const excerpt = el("p", { class: "excerpt", dir: "auto" }, excerptOf(story));
  const state = el("span", { class: "state" });
  const [ready, duration] = [el("span"), el("span")];
  const cost = storyCost(signal);
  const made = el("time", { datetime: story.created_at }, date(story.created_at));
  const byline = el("p", { class: "byline" }, state, ready, duration, cost.node, made);
  let current = story;
  const ask = async () => {
    if (await deleteStory(current)) onDeleted(current);
  };
  const bin = iconButton("bin", "", ask, { title: "Delete" });
  const node = el("li", {}, cover.node, el("div", { class: "grow" }, el("h2", {}, link), excerpt, byline), bin);

  /** @param {StoryHead} now */
  function update(now) {
    current = now;
    cover.update(now.cover);
    setText(link, now.title);
    setAttribute(link, "lang", now.language);
    setText(state, storyState(now));
    setAttribute(state, "data-state", now.status);
    setText(ready, chaptersReady(now));
    setText(duration, now.audio_seconds ? length(now.audio_seconds) : "");
    setAttribute(bin, "aria-label", `Delete ${now.title}`);
    cost.update(now);
  }
  return { node, update, link };
}

/**
 * Make the place of what a story has cost; it is fetched again when the story has changed.
 * @param {AbortSignal} signal
 */
function storyCost(signal) {
  const node = el("span", { title: "Cost so far" });
  let known = "";
  /** @param {StoryHead} story */
  async function update({ story_id, status, created_at, updated_at }) {
    const state = `${updated_at} ${status}`;
    if (known === state) return;
    known = state;
    const spent = await costOf(story_id, monthsBetween(created_at, updated_at)).catch(() => 0);
    if (!signal.aborted && spent) setText(node, wouldCost(spent, isFree()));
  }
  return { node, update };
}
