/** The player: one audio element for the whole page, which plays on across views and from chapter to chapter. */

import { toError } from "./api.js";
import { freshAudio } from "./freshaudio.js";
import { keptChapters, keptSound } from "./kept.js";
import { places } from "./place.js";
import { PlayerState } from "./playerstate.js";
import { speed } from "./store.js";
import { watchStory } from "./watch.js";
import { audioKey } from "./words.js";

const SIGNED_MS = 10 * 60_000;
const PLACE_EVERY_MS = 5000;
const RETRIES = 2;

class Player extends PlayerState {
  #watching = new AbortController();
  /** Which audio is loaded, as `audioKey` names it. */
  #loadedKey = "";
  #failures = 0;
  #keptAt = 0;
  /** Counts sources: a URL that arrives after another chapter was chosen is not used. */
  #loads = 0;

  constructor() {
    super();
    this.audio.setRate(speed.get());
    const events = {
      state: () => this.notifyChange(),
      time: () => this.#onTime(),
      pause: () => this.#onPause(),
      playing: () => {
        this.#failures = 0;
        this.notifyChange();
      },
      seeked: () => this.#keepPlace(false),
      ended: () => this.#onEnded(),
      error: () => this.#onError(),
    };
    for (const [name, listener] of Object.entries(events)) this.audio.addEventListener(name, listener);
    window.addEventListener("pagehide", () => this.#keepPlace());
    places.addEventListener("moved", () => this.#goAlong());
  }

  /** Play a chapter from a second on. @param {string} storyId @param {number} number */
  play(storyId, number, seconds = 0) {
    if (storyId !== this.storyId) this.#follow(storyId);
    const same = this.loaded && this.number === number && !this.problem;
    [this.number, this.wanted, this.problem, this.#failures] = [number, true, "", 0];
    if (same) {
      this.seek(seconds);
      this.#start();
    } else {
      this.#load(seconds);
    }
    this.notifyChange();
  }

  /** Play, or pause. */
  toggle() {
    if (this.playing) {
      this.wanted = false;
      this.audio.pause();
    } else if (this.problem || !this.loaded) {
      this.play(this.storyId, this.number, this.position);
    } else {
      this.wanted = true;
      this.#start();
    }
    this.notifyChange();
  }

  /** Go to a second of the chapter. @param {number} seconds */
  seek(seconds) {
    this.audio.seek(Math.min(Math.max(0, seconds), this.duration));
  }

  /** Go to another chapter, if there is one. @param {number} steps */
  turn(steps) {
    const number = this.number + steps;
    if (number < 1 || number > (this.story?.num_chapters ?? 0)) return;
    this.play(this.storyId, number);
    if (this.waiting) this.watch?.refresh();
  }

  /** Play faster or slower: 1 is as it was spoken. @param {number} rate */
  setRate(rate) {
    this.audio.setRate(rate);
    speed.set(rate);
    this.#keepPlace();
    this.notifyChange();
  }

  /** Stop playing and forget the story. */
  stop() {
    this.#keepPlace();
    this.#watching.abort();
    [this.watch, this.storyId, this.number, this.wanted] = [null, "", 0, false];
    this.#unload();
    this.notifyChange();
  }

  /** @param {string} storyId */
  #follow(storyId) {
    this.#keepPlace();
    this.#watching.abort();
    this.#watching = new AbortController();
    [this.storyId, this.number, this.watch] = [storyId, 0, null];
    this.audio.setRate(places.get(storyId)?.speed ?? speed.get());
    this.#unload();
    this.watch = watchStory(storyId, this.#watching.signal, (watch) => {
      this.watch = watch;
      if (watch.error?.status === 404) this.stop();
      else if (this.number && (!this.loaded || this.#loadedKey !== audioKey(this.chapter))) this.#load(this.position);
      this.notifyChange();
    });
  }

  #unload(seconds = 0) {
    this.#loads++;
    this.loaded = false;
    this.audio.unload(seconds);
  }

  /** Load the chapter's audio, by a URL that is valid for a while; wait if there is none. @param {number} seconds */
  async #load(seconds) {
    this.#unload(seconds);
    if (!this.watch) return;
    const { chapter } = this;
    this.watch.awaited = this.wanted && !chapter?.audio;
    if (!chapter?.audio) return;
    this.loaded = true;
    this.#loadedKey = audioKey(chapter);
    // What is not kept begins at once: some browsers let nothing play that a click began long ago.
    if (keptChapters(this.storyId)[this.number]?.key === this.#loadedKey && (await this.#loadKept())) return;
    if (Date.now() - this.watch.fetchedAt < SIGNED_MS) this.#setSource(chapter.audio.url);
    else await this.#fetchAgain();
  }

  /** Load the audio from this device; return whether there is nothing more to do. */
  async #loadKept() {
    const load = this.#loads;
    const sound = await keptSound(this.storyId, this.number, this.#loadedKey).catch(() => null);
    if (load !== this.#loads) return true;
    if (sound) this.#setSource(sound);
    return sound !== null;
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

  /** @param {string | Blob} source */
  #setSource(source) {
    this.audio.load(source);
    if (this.wanted) this.#start();
  }

  async #start() {
    try {
      await this.audio.play();
    } catch (error) {
      if (toError(error).name === "NotAllowedError") this.#giveUp("Your browser asks you to press Play once more.");
    }
  }

  /** @param {string} problem a sentence */
  #giveUp(problem) {
    this.problem = problem;
    this.wanted = false;
    this.notifyChange();
  }

  /** A signed URL runs out after a quarter of an hour, and connections break: continue at the same second. */
  #onError() {
    if (this.#failures++ < RETRIES) this.#fetchAgain();
    else this.#giveUp("The audio could not be loaded.");
  }

  /** Paused from outside, by headphones or another app. */
  #onPause() {
    if (this.loaded && this.audio.pausedByHand) this.wanted = false;
    this.#keepPlace();
    this.notifyChange();
  }

  #onEnded() {
    const last = this.number >= (this.story?.num_chapters ?? 0);
    if (!last && !this.stopsAtEnd) {
      this.turn(1);
      return;
    }
    this.wanted = false;
    // A book that was heard to its end begins anew.
    if (!last) this.turnTo(this.number + 1);
    this.#rememberAt(last ? 1 : this.number, 0, true);
    if (!last) this.#load(0);
    if (this.stopsAtEnd) this.dispatchEvent(new Event("sleep"));
    this.notifyChange();
  }

  /** Go where another device has gone on, as long as nothing is heard here. */
  #goAlong() {
    const kept = places.get(this.storyId);
    if (!kept || this.wanted) return;
    [this.number, this.problem] = [kept.chapter, ""];
    if (kept.speed) this.audio.setRate(kept.speed);
    this.#load(kept.seconds);
    this.notifyChange();
  }

  /** @param {boolean} [urgent] whether other devices have to know at once */
  #keepPlace(urgent = true) {
    if (!this.audio.begun) return;
    this.#keptAt = Date.now();
    this.#rememberAt(this.number, Math.floor(this.position), urgent);
  }

  /** @param {number} chapter @param {number} seconds @param {boolean} urgent */
  #rememberAt(chapter, seconds, urgent) {
    places.keep(this.storyId, { chapter, seconds, speed: this.rate }, urgent);
  }

  #onTime() {
    if (Date.now() - this.#keptAt > PLACE_EVERY_MS && !this.audio.paused) this.#keepPlace(false);
    this.dispatchEvent(new Event("time"));
  }
}

export const player = new Player();
