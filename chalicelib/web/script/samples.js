/** Samples of voices: one at a time, and never while the player plays. */

import { toError } from "./api.js";

/**
 * What else on the page can be heard.
 * @typedef {Pick<EventTarget, "addEventListener"> & { playing: boolean, toggle: () => void }} Other
 */

/** Plays samples. Its event: `change` (whose sample plays). */
export class Samples extends EventTarget {
  #audio;
  #other;
  /** Whoever's sample plays. @type {object | null} */
  #owner = null;

  /**
   * @param {Pick<HTMLAudioElement, "src" | "play" | "pause" | "addEventListener">} audio
   * @param {Other} other
   */
  constructor(audio, other) {
    super();
    this.#audio = audio;
    this.#other = other;
    audio.addEventListener("ended", () => this.stop());
    other.addEventListener("change", () => other.playing && this.stop());
  }

  /** Tell whether a sample plays for this owner. @param {object} owner */
  holds(owner) {
    return this.#owner === owner;
  }

  /**
   * Play a sample from its beginning; throw with a sentence if that is not possible.
   * @param {object} owner whoever asks
   * @param {string} url
   */
  async play(owner, url) {
    if (this.#other.playing) this.#other.toggle();
    this.#set(owner);
    this.#audio.src = url;
    try {
      await this.#audio.play();
    } catch (error) {
      // Another sample has begun, or this one was stopped, before it could be heard.
      if (this.#owner !== owner || toError(error).name === "AbortError") return;
      this.stop();
      const asks = toError(error).name === "NotAllowedError";
      throw new Error(asks ? "Your browser asks you to press it once more." : "This sample cannot be played now.");
    }
  }

  /** Stop what plays. */
  stop() {
    if (!this.#owner) return;
    this.#audio.pause();
    this.#set(null);
  }

  /** @param {object | null} owner */
  #set(owner) {
    this.#owner = owner;
    this.dispatchEvent(new Event("change"));
  }
}
