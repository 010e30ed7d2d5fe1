/** Stories that somebody looks at or listens to, kept up to date by gentle polling: one poll a story, for everyone. */

import { get } from "./api.js";
import { forgetPresentMonth } from "./catalogue.js";

const SOON_MS = 1000;
const LATE_MS = 5000;

const watches = new Map();

/** What is known of a story; `listener(watch)` is called now, if there is something, and after every change. */
export class Watch {
  story = null;
  /** The task that runs, or ran last. */
  task = null;
  /** Why the last request failed, or null. */
  error = null;
  /** When the story, with its signed URLs, was fetched. */
  fetchedAt = 0;
  /** Whether somebody listens for the next chapter: then polling goes on though the page is hidden. */
  awaited = false;

  #listeners = new Set();
  #timer = 0;
  #delay = SOON_MS;
  #requests = 0;

  constructor(storyId) {
    this.storyId = storyId;
  }

  get running() {
    return Boolean(this.story?.task_id);
  }

  /** Fetch the story again now; after that its running task is followed. */
  async refresh() {
    clearTimeout(this.#timer);
    const request = ++this.#requests;
    try {
      const story = await get(`stories/${this.storyId}`);
      const task = story.task_id ? await get(`tasks/${story.task_id}`) : this.task;
      if (request !== this.#requests) return;
      [this.story, this.task, this.error, this.fetchedAt] = [story, task, null, Date.now()];
      this.#delay = SOON_MS;
    } catch (error) {
      if (request !== this.#requests) return;
      this.error = error;
      this.#delay = LATE_MS;
      if (error.status === 404) this.story = null;
    }
    this.#tell();
    this.#schedule();
  }

  add(listener) {
    this.#listeners.add(listener);
    if (this.story) listener(this);
    if (this.#listeners.size === 1) this.refresh();
  }

  remove(listener) {
    this.#listeners.delete(listener);
    if (this.#listeners.size) return;
    clearTimeout(this.#timer);
    this.#requests++;
    watches.delete(this.storyId);
  }

  /** Ask for nothing until the next refresh, unless somebody waits for a chapter. */
  pause() {
    if (!this.awaited) clearTimeout(this.#timer);
  }

  #tell() {
    for (const listener of [...this.#listeners]) listener(this);
  }

  #schedule() {
    clearTimeout(this.#timer);
    const lost = this.error?.status === 0 && this.story;
    if ((this.running || lost) && this.#listeners.size && (!document.hidden || this.awaited)) {
      this.#timer = setTimeout(() => (lost ? this.refresh() : this.#poll()), this.#delay);
    }
  }

  async #poll() {
    const request = this.#requests;
    try {
      const task = await get(`tasks/${this.story.task_id}`);
      if (request !== this.#requests) return;
      const { progress, message, status } = this.task ?? {};
      const ended = !["queued", "running"].includes(task.status);
      if (ended || task.progress !== progress || task.message !== message || task.status !== status) {
        this.task = task;
        if (ended) forgetPresentMonth();
        await this.refresh();
        return;
      }
      this.#delay = Math.min(this.#delay * 1.5, LATE_MS);
      this.#schedule();
    } catch {
      if (request === this.#requests) await this.refresh();
    }
  }
}

/** Follow a story until `signal` aborts; gives its watch. */
export function watchStory(storyId, signal, listener) {
  const watch = watches.get(storyId) ?? new Watch(storyId);
  watches.set(storyId, watch);
  watch.add(listener);
  signal.addEventListener("abort", () => watch.remove(listener), { once: true });
  return watch;
}

/** A hidden page asks for nothing; a page that is seen again, or online again, catches up at once. */
export function startWatching() {
  const catchUp = () => {
    for (const watch of watches.values()) {
      if (document.hidden) watch.pause();
      else watch.refresh();
    }
  };
  document.addEventListener("visibilitychange", catchUp);
  window.addEventListener("online", catchUp);
}
