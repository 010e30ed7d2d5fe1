/** Where the user is in each story: kept on this device at once, and with Fireside now and then, for other devices. */

/** @import { Place } from "./store.js" */

import { get, put, serverNow } from "./api.js";
import { place as device } from "./store.js";

/** How often a place is sent while something plays: losing this browser for good loses a minute. */
const EVERY_MS = 60_000;

/** Seconds within which it is the same place: a player goes to whole seconds, and a browser to frames. */
const SAME_S = 1;

/** @typedef {{ chapter: number, seconds: number, speed: number }} Here */
/** @typedef {Here & { at: string | null }} Stored what Fireside stores; without a time for nobody's place */

/**
 * What stores places elsewhere.
 * @typedef {object} Remote
 * @property {(storyId: string) => Promise<Stored>} get
 * @property {(storyId: string, place: Here & { at: string }) => Promise<Stored>} put returns the place that holds now
 */

/**
 * Places by story. Its event `moved`, with the story's id as detail, says that another device has gone on.
 */
export class PlaceKeeper extends EventTarget {
  /** When a story's place was sent last. @type {Map<string, number>} */
  #sentAt = new Map();

  /**
   * @param {typeof device} local
   * @param {Remote} remote
   * @param {() => number} now milliseconds since 1970
   */
  constructor(local, remote, now) {
    super();
    this.local = local;
    this.remote = remote;
    this.now = now;
  }

  /** Return where the user is, or null where they have not begun. @param {string} storyId */
  get(storyId) {
    return this.local.get(storyId);
  }

  /**
   * Keep where the user is; what is urgent is sent at once.
   * @param {string} storyId
   * @param {Here} here
   * @param {boolean} urgent
   */
  keep(storyId, here, urgent) {
    // A page that was left open does not go on: closing it must not undo where another device has gone.
    if (isSame(this.local.get(storyId), here)) return urgent ? this.flush(storyId) : Promise.resolve();
    this.local.set(storyId, { ...here, at: new Date(this.now()).toISOString(), unsent: true });
    if (urgent || this.now() - (this.#sentAt.get(storyId) ?? 0) >= EVERY_MS) return this.flush(storyId);
    return Promise.resolve();
  }

  /** Send the place of a story if that is still to be done; without a connection it stays to be done. @param {string} storyId */
  async flush(storyId) {
    const kept = this.local.get(storyId);
    if (!kept?.unsent || !kept.at) return;
    this.#sentAt.set(storyId, this.now());
    const { chapter, seconds, speed = 1, at } = kept;
    const holds = await this.remote.put(storyId, { chapter, seconds, speed, at }).catch(() => null);
    // Meanwhile it may have played on: then that is the place, and is sent in its turn.
    if (holds && this.local.get(storyId)?.at === at) this.#adopt(storyId, kept, holds);
  }

  /** Ask where the user is by now: another device may have gone on. @param {string} storyId */
  async refresh(storyId) {
    const kept = this.local.get(storyId);
    if (kept?.unsent) {
      await this.flush(storyId);
      return;
    }
    const holds = await this.remote.get(storyId).catch(() => null);
    if (holds && this.local.get(storyId)?.at === kept?.at) this.#adopt(storyId, kept, holds);
  }

  /**
   * @param {string} storyId
   * @param {Place | null} kept
   * @param {Stored} holds
   */
  #adopt(storyId, kept, { chapter, seconds, speed, at }) {
    if (at === null) return;
    const moved = Date.parse(at) !== Date.parse(kept?.at ?? "");
    this.local.set(storyId, { chapter, seconds, speed, at: moved ? at : (kept?.at ?? at) });
    if (moved) this.dispatchEvent(new CustomEvent("moved", { detail: storyId }));
  }
}

/**
 * @param {Place | null} kept
 * @param {Here} here
 */
const isSame = (kept, { chapter, seconds, speed }) =>
  kept?.chapter === chapter && Math.abs(kept.seconds - seconds) < SAME_S && (kept.speed ?? 1) === speed;

const PATH = "/stories/{story_id}/place";

/** @type {Remote} */
const fireside = {
  get: (story_id) => get(PATH, { story_id }),
  // A page that is being closed still sends it.
  put: (story_id, place) => put(PATH, { story_id }, place, { keepalive: true }),
};

export const places = new PlaceKeeper(device, fireside, serverNow);

/** Send what is to be sent before the page may be gone. @param {() => string} playing returns the story in the player */
export function startPlaces(playing) {
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) places.flush(playing());
    else if (playing()) places.refresh(playing());
  });
  window.addEventListener("online", () => playing() && places.flush(playing()));
}
