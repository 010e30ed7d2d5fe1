/** The player of a shared story: its addresses are lasting, and every request for one is led to a fresh signed one. */

import { toError } from "./api.js";
import { AudioSource } from "./audiosource.js";
import { fileAddress, keepPlace } from "./sharedstory.js";

/** @import { SharedChapter, SharedStory } from "./sharedstory.js" */

const PLACE_EVERY_MS = 5000;
const RETRIES = 2;

/** The player. Its events: `change` (what plays, and whether), `time` (where it is), `lost` (nothing can be loaded). */
export class SharedPlayer extends EventTarget {
  /** The number of the chapter to play; 0 for none. */
  number = 0;
  /** Whether it is to play. */
  playing = false;
  /** Why it cannot be played, or "". */
  problem = "";

  #audio = new AudioSource();
  #failures = 0;
  #keptAt = 0;

  /** @param {SharedStory} story */
  constructor(story) {
    super();
    this.story = story;
    const events = {
      state: () => this.#tell("change"),
      time: () => this.#onTime(),
      pause: () => this.#onPause(),
      playing: () => {
        this.#failures = 0;
        this.#tell("change");
      },
      seeked: () => this.#keep(),
      ended: () => this.#onEnded(),
      error: () => this.#onError(),
    };
    for (const [name, listener] of Object.entries(events)) this.#audio.addEventListener(name, listener);
    window.addEventListener("pagehide", () => this.#keep());
  }

  /** @returns {SharedChapter | undefined} */
  get chapter() {
    return this.story.chapters.find(({ number }) => number === this.number);
  }

  get position() {
    return this.#audio.position;
  }

  get duration() {
    return this.#audio.duration || this.chapter?.duration || 0;
  }

  get rate() {
    return this.#audio.rate;
  }

  /** Play a chapter from a second on. @param {number} number */
  play(number, seconds = 0) {
    const loaded = this.number === number && !this.problem;
    [this.number, this.playing, this.problem, this.#failures] = [number, true, "", 0];
    if (loaded) this.seek(seconds);
    else this.#load(seconds);
    this.#start();
    this.#tell("change");
  }

  /** Play, or pause. */
  toggle() {
    if (!this.playing) this.play(this.number, this.position);
    else {
      this.playing = false;
      this.#audio.pause();
      this.#tell("change");
    }
  }

  /** Go to a second of the chapter. @param {number} seconds */
  seek(seconds) {
    this.#audio.seek(Math.min(Math.max(0, seconds), this.duration));
  }

  /** Return the chapter that is so many steps away among those that can be heard. @param {number} steps */
  neighbour(steps) {
    const { chapters } = this.story;
    return chapters[chapters.findIndex(({ number }) => number === this.number) + steps];
  }

  /** Go to another chapter, if there is one. @param {number} steps */
  turn(steps) {
    const chapter = this.neighbour(steps);
    if (chapter) this.play(chapter.number);
  }

  /** Play faster or slower: 1 is as it was spoken. @param {number} rate */
  setRate(rate) {
    this.#audio.setRate(rate);
  }

  /** Stop, and have nothing to play. */
  stop() {
    [this.number, this.playing] = [0, false];
    this.#audio.unload(0);
    this.#tell("change");
  }

  /** @param {number} seconds */
  #load(seconds) {
    this.#audio.unload(seconds);
    this.#audio.load(fileAddress(`${this.number}.mp3`));
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
    [this.problem, this.playing] = [problem, false];
    this.#tell("change");
  }

  /** A signed address runs out after a quarter of an hour, and connections break: continue at the same second. */
  #onError() {
    if (this.#failures++ < RETRIES) {
      this.#load(this.position);
      if (this.playing) this.#start();
      return;
    }
    this.#giveUp("The audio could not be loaded.");
    this.#tell("lost");
  }

  /** Paused from outside, by headphones or another app. */
  #onPause() {
    if (this.#audio.pausedByHand) this.playing = false;
    this.#keep();
    this.#tell("change");
  }

  #onEnded() {
    if (this.neighbour(1)) {
      this.turn(1);
      return;
    }
    this.playing = false;
    keepPlace(this.story);
    this.#tell("change");
  }

  #keep() {
    if (!this.#audio.begun || !this.number) return;
    this.#keptAt = Date.now();
    keepPlace(this.story, this.number, Math.floor(this.position));
  }

  #onTime() {
    if (Date.now() - this.#keptAt > PLACE_EVERY_MS && !this.#audio.paused) this.#keep();
    this.#tell("time");
  }

  /** @param {"change" | "time" | "lost"} name */
  #tell(name) {
    this.dispatchEvent(new Event(name));
    if (name === "change") this.dispatchEvent(new Event("time"));
  }
}
