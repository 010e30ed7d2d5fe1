/** Stories that the user looks at or listens to, kept up to date by polling: one poll per story, shared by all. */

/** @import { Story, Task } from "../types/openapi.d.ts" */

import { ApiError, get, isFromDevice, toError } from "./api.js";
import { forgetCurrentMonth, forgetVoices } from "./catalogue.js";

const SOON_MS = 1000;
const LATE_MS = 5000;

/** @typedef {(watch: Watch) => void} Listener called at once if there is something to say, and after every change */

/** @type {Map<string, Watch>} */
const watches = new Map();

/** Its event `ready` says which chapters have become ready of a story that is followed: see `Ready`. */
export const readiness = new EventTarget();

/** @typedef {{ story: Story, numbers: number[] }} Ready */

/**
 * List the chapters that have sound now and had none before.
 * @param {Story | null} before
 * @param {Story} now
 */
export function newlyReady(before, now) {
  if (before?.story_id !== now.story_id) return [];
  const silent = new Set(before.chapters.filter(({ audio }) => !audio).map(({ number }) => number));
  return now.chapters.filter(({ number, audio }) => audio && silent.has(number)).map(({ number }) => number);
}

/** What is known of a story. */
export class Watch {
  /** @type {Story | null} */
  story = null;
  /** The task that runs, or ran last. @type {Task | null} */
  task = null;
  /** Why the last request failed. @type {ApiError | null} */
  error = null;
  /** When the story, with its signed URLs, was fetched: milliseconds since 1970. */
  fetchedAt = 0;
  /** Whether the user is waiting for the next chapter: then polling continues although the page is hidden. */
  awaited = false;

  /** @type {Set<Listener>} */
  #listeners = new Set();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #delay = SOON_MS;
  /** Counts requests: the answer of one that was overtaken by another is not used. */
  #requests = 0;

  /** @param {string} storyId */
  constructor(storyId) {
    this.storyId = storyId;
  }

  /** The task that runs on the story, or ran last; null if there was none, or it is not known. */
  get lastTask() {
    return this.task?.task_id === this.story?.last_task_id ? this.task : null;
  }

  /** Whether a task runs on the story. */
  get running() {
    return Boolean(this.story?.task_id);
  }

  /** Fetch the story again now; after that its running task is followed. */
  async refresh() {
    clearTimeout(this.#timer);
    const request = ++this.#requests;
    try {
      const story = await get("/stories/{story_id}", { story_id: this.storyId });
      const task = await fetchTask(story);
      if (request !== this.#requests) return;
      const numbers = newlyReady(this.story, story);
      if (numbers.length) readiness.dispatchEvent(new CustomEvent("ready", { detail: { story, numbers } }));
      [this.story, this.task, this.error, this.fetchedAt] = [story, task, null, Date.now()];
      this.#delay = isFromDevice(story) ? LATE_MS : SOON_MS;
    } catch (thrown) {
      if (request !== this.#requests) return;
      this.error = thrown instanceof ApiError ? thrown : new ApiError(0, toError(thrown).message);
      this.#delay = LATE_MS;
      if (this.error.status === 404) this.story = null;
    }
    this.#notify();
    this.#schedule();
  }

  /** @param {Listener} listener */
  add(listener) {
    this.#listeners.add(listener);
    if (this.story) listener(this);
    if (this.#listeners.size === 1) this.refresh();
  }

  /** @param {Listener} listener */
  remove(listener) {
    this.#listeners.delete(listener);
    if (this.#listeners.size) return;
    clearTimeout(this.#timer);
    this.#requests++;
    watches.delete(this.storyId);
  }

  /** Ask for nothing until the next refresh, unless the user waits for a chapter. */
  pause() {
    if (!this.awaited) clearTimeout(this.#timer);
  }

  #notify() {
    for (const listener of [...this.#listeners]) listener(this);
  }

  #schedule() {
    clearTimeout(this.#timer);
    const lost = (this.error?.status === 0 && this.story !== null) || isFromDevice(this.story);
    if ((this.running || lost) && this.#listeners.size && (!document.hidden || this.awaited)) {
      this.#timer = setTimeout(() => (lost ? this.refresh() : this.#poll()), this.#delay);
    }
  }

  /** Ask for the task alone; the story is fetched again only when the task has moved. */
  async #poll() {
    const request = this.#requests;
    const taskId = this.story?.task_id;
    if (!taskId) return;
    try {
      const task = await get("/tasks/{task_id}", { task_id: taskId });
      if (request !== this.#requests) return;
      if (hasMoved(this.task, task)) {
        this.task = task;
        if (hasEnded(task)) {
          forgetCurrentMonth();
          forgetVoices();
        }
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

/**
 * Return the task that runs on the story. Of one that ran last, the page does without what cannot be fetched.
 * @param {Story} story
 */
async function fetchTask({ task_id, last_task_id }) {
  if (task_id) return await get("/tasks/{task_id}", { task_id });
  return last_task_id ? await get("/tasks/{task_id}", { task_id: last_task_id }).catch(() => null) : null;
}

/** @param {Task} task */
const hasEnded = ({ status }) => status !== "queued" && status !== "running";

/**
 * @param {Task | null} before
 * @param {Task} now
 */
const hasMoved = (before, now) =>
  hasEnded(now) || before?.progress !== now.progress || before.message !== now.message || before.status !== now.status;

/**
 * Follow a story until `signal` aborts; return its watch.
 * @param {string} storyId
 * @param {AbortSignal} signal
 * @param {Listener} listener
 */
export function watchStory(storyId, signal, listener) {
  const watch = watches.get(storyId) ?? new Watch(storyId);
  watches.set(storyId, watch);
  watch.add(listener);
  signal.addEventListener("abort", () => watch.remove(listener), { once: true });
  return watch;
}

/** Let a hidden page ask for nothing, and a page that is seen again, or online again, catch up at once. */
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
