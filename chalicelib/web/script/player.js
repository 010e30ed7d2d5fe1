/** The player: one sound for the whole page, that goes on while one moves about and from chapter to chapter. */

import { get } from "./api.js";
import { place, speed } from "./store.js";
import { watchStory } from "./watch.js";

const SIGNED_MS = 10 * 60_000;
const PLACE_EVERY_MS = 5000;
const RETRIES = 2;

/** Events: `change` (what plays, and whether), `time` (where it is). */
class Player extends EventTarget {
  /** The chapter that is meant to be heard. */
  number = 0;
  storyId = "";
  /** Whether it is to sound as soon as it can. */
  wanted = false;
  /** Why it cannot be heard, or "". */
  problem = "";

  #audio = document.getElementById("sound");
  #watch = null;
  #watching = null;
  #loaded = false;
  #sounding = "";
  /** The second that was heard last, or is to be heard first; it outlives a sound that breaks. */
  #at = 0;
  /** Whether the sound that is taken up has come to that second. */
  #begun = false;
  #failures = 0;
  #keptAt = 0;
  #loads = 0;

  constructor() {
    super();
    this.#audio.defaultPlaybackRate = speed.get();
    const events = {
      play: () => this.#changed(),
      pause: () => this.#paused(),
      waiting: () => this.#changed(),
      playing: () => this.#heard(),
      loadedmetadata: () => this.#begin(),
      durationchange: () => this.#moved(),
      seeking: () => this.#moved(),
      timeupdate: () => this.#moved(),
      seeked: () => this.#keepPlace(),
      ended: () => this.#next(),
      error: () => this.#failed(),
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

  /** Whether the chapter is not there yet: it starts by itself once it is. */
  get waiting() {
    return this.story !== null && this.chapter !== null && !this.chapter.audio && !this.#loaded;
  }

  get playing() {
    return this.wanted && !this.problem;
  }

  get position() {
    return this.#at;
  }

  get duration() {
    return this.#audio.duration || this.chapter?.audio?.duration || 0;
  }

  get rate() {
    return this.#audio.playbackRate;
  }

  /** Whether this chapter is in the player. */
  holds(storyId, number) {
    return this.storyId === storyId && this.number === number;
  }

  /** Play a chapter from a second on. */
  play(storyId, number, seconds = 0) {
    if (storyId !== this.storyId) this.#follow(storyId);
    const same = this.#loaded && this.number === number && !this.problem;
    this.number = number;
    this.wanted = true;
    this.problem = "";
    this.#failures = 0;
    if (same) {
      this.seek(seconds);
      this.#sound();
    } else {
      this.#load(seconds);
    }
    this.#changed();
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
      this.#sound();
    }
    this.#changed();
  }

  /** Go to a second of the chapter. */
  seek(seconds) {
    this.#at = Math.min(Math.max(0, seconds), this.duration);
    if (this.#begun) this.#audio.currentTime = this.#at;
    this.#moved();
  }

  /** Go to another chapter, if there is one. */
  turn(steps) {
    const number = this.number + steps;
    if (number < 1 || number > (this.story?.num_chapters ?? 0)) return;
    this.play(this.storyId, number);
    if (this.waiting) this.#watch.refresh();
  }

  setRate(rate) {
    this.#audio.defaultPlaybackRate = this.#audio.playbackRate = rate;
    speed.set(rate);
    this.#moved();
  }

  /** Fall silent and forget the story. */
  stop() {
    this.#watching?.abort();
    [this.#watch, this.storyId, this.number, this.wanted] = [null, "", 0, false];
    this.#unload();
    this.#changed();
  }

  #follow(storyId) {
    this.#keepPlace();
    this.#watching?.abort();
    this.#watching = new AbortController();
    [this.storyId, this.number, this.#watch] = [storyId, 0, null];
    this.#unload();
    this.#watch = watchStory(storyId, this.#watching.signal, (watch) => {
      this.#watch = watch;
      if (watch.error?.status === 404) this.stop();
      else if (this.number && (!this.#loaded || this.#sounding !== soundOf(this.chapter))) this.#load(this.position);
      this.#changed();
    });
  }

  #unload() {
    this.#loads++;
    this.#loaded = this.#begun = false;
    this.#at = 0;
    this.#audio.removeAttribute("src");
    this.#audio.load();
  }

  /** Take up the chapter's sound, with a URL that is good for a while; wait where there is none yet. */
  async #load(seconds) {
    this.#unload();
    this.#at = seconds;
    if (!this.chapter?.audio) {
      if (this.#watch) this.#watch.awaited = this.wanted;
      return;
    }
    this.#watch.awaited = false;
    this.#loaded = true;
    this.#sounding = soundOf(this.chapter);
    if (Date.now() - this.#watch.fetchedAt < SIGNED_MS) this.#take(this.chapter.audio.url);
    else await this.#fetchAgain();
  }

  async #fetchAgain() {
    const load = this.#loads;
    try {
      const { audio } = await get(`stories/${this.storyId}/chapters/${this.number}`);
      if (!audio) throw new Error("The chapter has no sound any more.");
      if (load === this.#loads) this.#take(audio.url);
    } catch (error) {
      if (load === this.#loads) this.#give(error.message);
    }
  }

  #take(url) {
    this.#begun = false;
    this.#audio.src = url;
    if (this.wanted) this.#sound();
  }

  #begin() {
    this.#begun = true;
    if (this.#at) this.#audio.currentTime = this.#at;
    this.#moved();
  }

  async #sound() {
    try {
      await this.#audio.play();
    } catch (error) {
      if (error.name === "NotAllowedError") this.#give("The browser wants you to press Play once more.");
    }
  }

  #give(problem) {
    this.problem = problem;
    this.wanted = false;
    this.#changed();
  }

  #heard() {
    this.#failures = 0;
    this.#changed();
  }

  /** A signed URL runs out after a quarter of an hour, and connections break: go on at the same second. */
  #failed() {
    if (!this.#audio.getAttribute("src")) return;
    if (this.#failures++ < RETRIES) this.#fetchAgain();
    else this.#give("The sound could not be loaded.");
  }

  /** Paused from outside, by a headphone or another app; a sound that ends or breaks is paused too, and goes on. */
  #paused() {
    const { ended, error, paused } = this.#audio;
    if (this.#loaded && paused && !ended && !error) this.wanted = false;
    this.#keepPlace();
    this.#changed();
  }

  #next() {
    if (this.number < this.story.num_chapters) {
      this.turn(1);
      return;
    }
    this.wanted = false;
    place.clear(this.storyId);
    this.#changed();
  }

  #keepPlace() {
    if (!this.#begun || this.#audio.ended) return;
    this.#keptAt = Date.now();
    place.set(this.storyId, this.number, Math.floor(this.#at));
  }

  #moved() {
    if (this.#begun && this.#audio.readyState) this.#at = this.#audio.currentTime;
    if (Date.now() - this.#keptAt > PLACE_EVERY_MS && !this.#audio.paused) this.#keepPlace();
    this.dispatchEvent(new Event("time"));
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
    this.dispatchEvent(new Event("time"));
  }
}

/** What tells a chapter's sound from the one that was narrated before it. */
const soundOf = (chapter) => JSON.stringify([chapter?.audio?.bytes, chapter?.audio?.duration]);

export const player = new Player();

/** Listen to the player's events until `signal` aborts; hears the present state at once. */
export function onPlayer(names, signal, listener) {
  for (const name of names) player.addEventListener(name, listener, { signal });
  listener();
}
