/** The player: one audio element for the whole page, which plays on across views and from chapter to chapter. */

/** @import { Watch } from "./watch.js" */

import { toError } from "./api.js";
import { AudioSource } from "./audiosource.js";
import { freshAudio } from "./freshaudio.js";
import { place } from "./store.js";
import { watchStory } from "./watch.js";
import { audioKey } from "./words.js";

const SIGNED_MS = 10 * 60_000;
const PLACE_EVERY_MS = 5000;
const RETRIES = 2;

/** The player. Its events: `change` (what plays, and whether), `time` (where it is). */
class Player extends EventTarget {
  /** The chapter to play; 0 for none. */
  number = 0;
  storyId = "";
  /** Whether it is to play as soon as it can. */
  wanted = false;
  /** Why it cannot be played, or "". */
  problem = "";

  #audio = new AudioSource();
  /** @type {Watch | null} */
  #watch = null;
  #watching = new AbortController();
  #loaded = false;
  /** Which audio is loaded, as `audioKey` names it. */
  #loadedKey = "";
  #failures = 0;
  #keptAt = 0;
  /** Counts sources: a URL that arrives after another chapter was chosen is not used. */
  #loads = 0;

  constructor() {
    super();
    const events = {
      state: () => this.#notifyChange(),
      time: () => this.#onTime(),
      pause: () => this.#onPause(),
      playing: () => {
        this.#failures = 0;
        this.#notifyChange();
      },
      seeked: () => this.#keepPlace(),
      ended: () => this.#onEnded(),
      error: () => this.#onError(),
    };
    for (const [name, listener] of Object.entries(events)) this.#audio.addEventListener(name, listener);
    window.addEventListener("pagehide", () => this.#keepPlace());
  }

  get story() {
    return this.#watch?.story ?? null;
  }

  get chapter() {
    return this.story?.chapters[this.number - 1] ?? null;
  }

  /** Whether the chapter has no audio yet: it starts by itself once it has. */
  get waiting() {
    return this.story !== null && this.chapter !== null && !this.chapter.audio && !this.#loaded;
  }

  get playing() {
    return this.wanted && !this.problem;
  }

  get position() {
    return this.#audio.position;
  }

  get duration() {
    return this.#audio.duration || this.chapter?.audio?.duration || 0;
  }

  get rate() {
    return this.#audio.rate;
  }

  /** Tell whether this chapter is in the player. @param {string} storyId @param {number} number */
  holds(storyId, number) {
    return this.storyId === storyId && this.number === number;
  }

  /** Play a chapter from a second on. @param {string} storyId @param {number} number */
  play(storyId, number, seconds = 0) {
    if (storyId !== this.storyId) this.#follow(storyId);
    const same = this.#loaded && this.number === number && !this.problem;
    [this.number, this.wanted, this.problem, this.#failures] = [number, true, "", 0];
    if (same) {
      this.seek(seconds);
      this.#start();
    } else {
      this.#load(seconds);
    }
    this.#notifyChange();
  }

  /** Play, or pause. */
  toggle() {
    if (this.playing) {
      this.wanted = false;
      this.#audio.pause();
    } else if (this.problem || !this.#loaded) {
      this.play(this.storyId, this.number, this.position);
    } else {
      this.wanted = true;
      this.#start();
    }
    this.#notifyChange();
  }

  /** Go to a second of the chapter. @param {number} seconds */
  seek(seconds) {
    this.#audio.seek(Math.min(Math.max(0, seconds), this.duration));
  }

  /** Go to another chapter, if there is one. @param {number} steps */
  turn(steps) {
    const number = this.number + steps;
    if (number < 1 || number > (this.story?.num_chapters ?? 0)) return;
    this.play(this.storyId, number);
    if (this.waiting) this.#watch?.refresh();
  }

  /** Play faster or slower: 1 is as it was spoken. @param {number} rate */
  setRate(rate) {
    this.#audio.setRate(rate);
  }

  /** Stop playing and forget the story. */
  stop() {
    this.#watching.abort();
    [this.#watch, this.storyId, this.number, this.wanted] = [null, "", 0, false];
    this.#unload();
    this.#notifyChange();
  }

  /** @param {string} storyId */
  #follow(storyId) {
    this.#keepPlace();
    this.#watching.abort();
    this.#watching = new AbortController();
    [this.storyId, this.number, this.#watch] = [storyId, 0, null];
    this.#unload();
    this.#watch = watchStory(storyId, this.#watching.signal, (watch) => {
      this.#watch = watch;
      if (watch.error?.status === 404) this.stop();
      else if (this.number && (!this.#loaded || this.#loadedKey !== audioKey(this.chapter))) this.#load(this.position);
      this.#notifyChange();
    });
  }

  #unload(seconds = 0) {
    this.#loads++;
    this.#loaded = false;
    this.#audio.unload(seconds);
  }

  /** Load the chapter's audio, by a URL that is valid for a while; wait if there is none. @param {number} seconds */
  async #load(seconds) {
    this.#unload(seconds);
    if (!this.#watch) return;
    const { chapter } = this;
    this.#watch.awaited = this.wanted && !chapter?.audio;
    if (!chapter?.audio) return;
    this.#loaded = true;
    this.#loadedKey = audioKey(chapter);
    if (Date.now() - this.#watch.fetchedAt < SIGNED_MS) this.#setSource(chapter.audio.url);
    else await this.#fetchAgain();
  }

  /** Load the audio by a URL that is signed now. */
  async #fetchAgain() {
    const load = this.#loads;
    try {
      const { audio } = await freshAudio(this.storyId, this.number);
      if (load === this.#loads) this.#setSource(audio.url);
    } catch (error) {
      if (load === this.#loads) this.#giveUp(toError(error).message);
    }
  }

  /** @param {string} url */
  #setSource(url) {
    this.#audio.load(url);
    if (this.wanted) this.#start();
  }

  async #start() {
    try {
      await this.#audio.play();
    } catch (error) {
      if (toError(error).name === "NotAllowedError") this.#giveUp("Your browser asks you to press Play once more.");
    }
  }

  /** @param {string} problem a sentence */
  #giveUp(problem) {
    this.problem = problem;
    this.wanted = false;
    this.#notifyChange();
  }

  /** A signed URL runs out after a quarter of an hour, and connections break: continue at the same second. */
  #onError() {
    if (this.#failures++ < RETRIES) this.#fetchAgain();
    else this.#giveUp("The audio could not be loaded.");
  }

  /** Paused from outside, by headphones or another app. */
  #onPause() {
    if (this.#loaded && this.#audio.pausedByHand) this.wanted = false;
    this.#keepPlace();
    this.#notifyChange();
  }

  #onEnded() {
    if (this.number < (this.story?.num_chapters ?? 0)) {
      this.turn(1);
      return;
    }
    this.wanted = false;
    place.clear(this.storyId);
    this.#notifyChange();
  }

  #keepPlace() {
    if (!this.#audio.begun) return;
    this.#keptAt = Date.now();
    place.set(this.storyId, this.number, Math.floor(this.position));
  }

  #onTime() {
    if (Date.now() - this.#keptAt > PLACE_EVERY_MS && !this.#audio.paused) this.#keepPlace();
    this.dispatchEvent(new Event("time"));
  }

  #notifyChange() {
    this.dispatchEvent(new Event("change"));
    this.dispatchEvent(new Event("time"));
  }
}

export const player = new Player();
