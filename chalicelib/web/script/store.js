/** What the browser remembers: the token and drafts of this tab, and across visits the place in each story. */

import { localToken } from "./embedded.js";

/**
 * What has been typed into the form of a new story.
 * @typedef {object} Draft
 * @property {string} prompt
 * @property {string} title
 * @property {string} chapters
 * @property {string} language
 * @property {boolean} enhance
 * @property {VoicesDraft} voices
 */

/** @typedef {{ narrator: string, characters: Array<{ name: string, voice: string }> }} VoicesDraft */

/** @typedef {{ chapter: number, seconds: number }} Place */

/**
 * Store values as JSON in a storage that may be full, or forbidden by the browser: then nothing is remembered, and all
 * else continues to work.
 * @param {() => Storage} storage
 */
export function jsonStorage(storage) {
  /**
   * @template T
   * @param {(items: Storage) => T} use
   */
  const guarded = (use) => {
    try {
      return use(storage());
    } catch {
      return null;
    }
  };
  return {
    /** @param {string} key @returns {unknown} */
    get: (key) => guarded((items) => JSON.parse(items.getItem(`fireside.${key}`) ?? "null")),
    /** @param {string} key @param {unknown} value */
    set: (key, value) => guarded((items) => items.setItem(`fireside.${key}`, JSON.stringify(value))),
    /** @param {string} key */
    remove: (key) => guarded((items) => items.removeItem(`fireside.${key}`)),
  };
}

const tab = jsonStorage(() => sessionStorage);
const browser = jsonStorage(() => localStorage);

const storedToken = tab.get("token");
let typedToken = typeof storedToken === "string" ? storedToken : "";

/** Return the bearer token: one that was typed in here, else the one this machine's own page came with. */
export const token = () => typedToken || localToken();

/** Return whether the user signed in by hand. */
export const signedIn = () => typedToken !== "";

/**
 * Store a token for this tab.
 * @param {string} value
 */
export function keepToken(value) {
  typedToken = value;
  tab.set("token", value);
}

/** Forget the token. */
export function forgetToken() {
  typedToken = "";
  tab.remove("token");
}

/** The story being thought of on `New story`. */
export const draft = {
  get: () => /** @type {Draft | null} */ (tab.get("draft")),
  /** @param {Draft} fields */
  set: (fields) => tab.set("draft", fields),
  clear: () => tab.remove("draft"),
};

/** The rewrite that was ordered last in this tab: the API does not say which chapter a task writes again. */
export const rewriteOrder = {
  /** @param {string} task @param {number} chapter */
  set: (task, chapter) => tab.set("rewrite", { task, chapter }),
  /** @param {string | undefined} task */
  chapterOf(task) {
    const kept = /** @type {{ task: string, chapter: number } | null} */ (tab.get("rewrite"));
    return kept !== null && kept.task === task ? kept.chapter : null;
  },
};

/** Where the user stopped listening to a story. */
export const place = {
  /** @param {string} storyId */
  get: (storyId) => /** @type {Place | null} */ (browser.get(`place.${storyId}`)),
  /** @param {string} storyId @param {number} chapter @param {number} seconds */
  set: (storyId, chapter, seconds) => browser.set(`place.${storyId}`, { chapter, seconds }),
  /** @param {string} storyId */
  clear: (storyId) => browser.remove(`place.${storyId}`),
};

/** The speed of listening: 1 is as it was spoken. */
export const speed = {
  get: () => Number(browser.get("speed") ?? 1) || 1,
  /** @param {number} rate */
  set: (rate) => browser.set("speed", rate),
};

/** Whether single keys control the player, in this tab. */
export const shortcuts = {
  get: () => tab.get("shortcuts") !== false,
  /** @param {boolean} on */
  set: (on) => tab.set("shortcuts", on),
};
