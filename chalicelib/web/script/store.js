/** What the browser remembers: the token and drafts of this tab, and across visits the place in each story. */

import { localToken } from "./embedded.js";

/**
 * What has been typed into the form of a story. `source` says which of the two it is made from, and `chapters` is as it
 * was typed for the one, `textChapters` for the other.
 * @typedef {object} Draft
 * @property {"idea" | "text"} source
 * @property {string} prompt
 * @property {string} text
 * @property {string} remark
 * @property {string} textChapters
 * @property {string} title
 * @property {string} chapters
 * @property {string} minutes
 * @property {string} language
 * @property {string} audience
 * @property {string} tone
 * @property {string} view
 * @property {boolean} enhance
 * @property {VoicesDraft} voices
 * @property {SayingDraft[]} [pronunciations] none in a draft of an earlier version
 */

/** @typedef {{ word: string, say: string }} SayingDraft */

/** @typedef {{ narrator: string, characters: Array<{ name: string, voice: string }> }} VoicesDraft */

/**
 * Where a user is in a story. `at` says when, and `unsent` that Fireside has not been told; an earlier version stored
 * neither, and no speed.
 * @typedef {{ chapter: number, seconds: number, speed?: number, at?: string, unsent?: boolean }} Place
 */

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
    /** Return whether it is stored. @param {string} key @param {unknown} value */
    set: (key, value) =>
      guarded((items) => {
        items.setItem(`fireside.${key}`, JSON.stringify(value));
        return true;
      }) ?? false,
    /** @param {string} key */
    remove: (key) => guarded((items) => items.removeItem(`fireside.${key}`)),
    /** Remove every key that begins so. @param {string} start */
    removeAll: (start) =>
      guarded((items) => {
        for (const key of Object.keys(items)) if (key.startsWith(`fireside.${start}`)) items.removeItem(key);
      }),
  };
}

const tab = jsonStorage(() => sessionStorage);
const browser = jsonStorage(() => localStorage);

/** What outlives the visit. */
export const browserStorage = browser;

const storedToken = tab.get("token") ?? browser.get("token");
let typedToken = typeof storedToken === "string" ? storedToken : "";

/** Return the bearer token: one that was typed in here, else the one this machine's own page came with. */
export const token = () => typedToken || localToken();

/** Return whether the user signed in by hand. */
export const signedIn = () => typedToken !== "";

/**
 * Store a token for this tab, or for every visit from this device.
 * @param {string} value
 * @param {boolean} stays
 */
export function keepToken(value, stays = false) {
  typedToken = value;
  tab.set("token", value);
  if (stays) browser.set("token", value);
}

/** Forget the token. */
export function forgetToken() {
  typedToken = "";
  tab.remove("token");
  browser.remove("token");
}

/**
 * Make the place of what is typed into a form. A long text stands beside the other fields, so that it is written only
 * when it changes, and nothing else is lost where there is no room for it.
 * @param {string} key
 */
function draftPlace(key) {
  const textKey = `${key}.text`;
  let written = "";
  return {
    get() {
      const fields = /** @type {Draft | null} */ (tab.get(key));
      const text = tab.get(textKey);
      written = typeof text === "string" ? text : "";
      return fields && { ...fields, text: written };
    },
    /** @param {Draft} fields */
    set({ text = "", ...fields }) {
      tab.set(key, fields);
      if (text === written) return;
      written = text;
      // An earlier text would be worse than none.
      if (!text || !tab.set(textKey, text)) tab.remove(textKey);
    },
    clear() {
      tab.remove(key);
      tab.remove(textKey);
      written = "";
    },
  };
}

/** The story being thought of on `New story`. */
export const draft = draftPlace("draft");

/**
 * The book being thought of that follows a story.
 * @param {string} storyId
 */
export const nextDraft = (storyId) => draftPlace(`draft.${storyId}`);

/** Forget everything that was typed into the forms of new stories. */
export const clearDrafts = () => tab.removeAll("draft");

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
  /** @param {string} storyId @param {Place} here */
  set: (storyId, here) => browser.set(`place.${storyId}`, here),
  /** @param {string} storyId */
  clear: (storyId) => browser.remove(`place.${storyId}`),
  clearAll: () => browser.removeAll("place."),
};

/** The speed of listening: 1 is as it was spoken. */
export const speed = {
  get: () => Number(browser.get("speed") ?? 1) || 1,
  /** @param {number} rate */
  set: (rate) => browser.set("speed", rate),
};

/** How far the views of this tab were scrolled, by their entries in the history. */
export const scrolls = {
  /** @param {string} entry */
  get: (entry) => Number(tab.get(`scroll.${entry}`) ?? 0),
  /** @param {string} entry @param {number} top */
  set: (entry, top) => tab.set(`scroll.${entry}`, top),
};

/** Whether single keys control the player, in this tab. */
export const shortcuts = {
  get: () => tab.get("shortcuts") !== false,
  /** @param {boolean} on */
  set: (on) => tab.set("shortcuts", on),
};
