/** What the player plays, and where it is. */

/** @import { Watch } from "./watch.js" */

import { AudioSource } from "./audiosource.js";

/** Its events: `change` (what plays, and whether), `time` (where it is), `sleep` (stopped where a chapter ended). */
export class PlayerState extends EventTarget {
  /** The chapter to play; 0 for none. */
  number = 0;
  storyId = "";
  /** Whether it is to play as soon as it can. */
  wanted = false;
  /** Why it cannot be played, or "". */
  problem = "";
  /** Whether it stops where the chapter ends. */
  stopsAtEnd = false;

  audio = new AudioSource();
  /** @type {Watch | null} */
  watch = null;
  /** Whether the chapter's audio is loaded, or is being loaded. */
  loaded = false;

  get story() {
    return this.watch?.story ?? null;
  }

  get chapter() {
    return this.story?.chapters[this.number - 1] ?? null;
  }

  /** Whether the chapter has no audio yet: it starts by itself once it has. */
  get waiting() {
    return this.story !== null && this.chapter !== null && !this.chapter.audio && !this.loaded;
  }

  get playing() {
    return this.wanted && !this.problem;
  }

  get position() {
    return this.audio.position;
  }

  get duration() {
    return this.audio.duration || this.chapter?.audio?.duration || 0;
  }

  get rate() {
    return this.audio.rate;
  }

  /** Tell whether this chapter is in the player. @param {string} storyId @param {number} number */
  holds(storyId, number) {
    return this.storyId === storyId && this.number === number;
  }

  /** Play louder or softer: 1 is as loud as the device is set. @param {number} volume */
  setVolume(volume) {
    this.audio.setVolume(volume);
  }

  /** Turn to a chapter, without playing it. @param {number} number */
  turnTo(number) {
    this.number = number;
  }

  notifyChange() {
    this.dispatchEvent(new Event("change"));
    this.dispatchEvent(new Event("time"));
  }
}
