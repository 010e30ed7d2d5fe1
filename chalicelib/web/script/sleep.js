/** The sleep timer: after some minutes, or at the end of the chapter, the sound fades out and stops. */

/** Seconds over which the sound fades out. */
export const FADE_S = 10;
export const MINUTES = [5, 10, 15, 30, 45, 60];

/**
 * What a sleep timer needs of the player. `remaining`: seconds to the end of the chapter, as they pass on a clock.
 * @typedef {object} Sleeper
 * @property {() => number} remaining
 * @property {() => boolean} playing
 * @property {(volume: number) => void} setVolume from 0 to 1
 * @property {() => void} pause
 * @property {(stops: boolean) => void} stopAtEnd whether the player stops where the chapter ends
 */

/** The timer. Its event `change` says that it was set, moved on, or ended. */
export class SleepTimer extends EventTarget {
  /** When it stops the player, in milliseconds; 0 for never. */
  #until = 0;
  #atEnd = false;

  /**
   * @param {Sleeper} sleeper
   * @param {() => number} now milliseconds
   */
  constructor(sleeper, now) {
    super();
    this.sleeper = sleeper;
    this.now = now;
  }

  /** Whether it is set. */
  get on() {
    return this.#until > 0 || this.#atEnd;
  }

  /** Whether it waits for the end of the chapter. */
  get atEnd() {
    return this.#atEnd;
  }

  /** Seconds until it stops the player; 0 while it is off. */
  get left() {
    if (this.#atEnd) return this.sleeper.remaining();
    return this.#until ? Math.max(0, (this.#until - this.now()) / 1000) : 0;
  }

  /** Stop after some minutes. @param {number} minutes */
  start(minutes) {
    this.#set(this.now() + minutes * 60_000, false);
  }

  /** Stop at the end of the chapter. */
  startAtEnd() {
    this.#set(0, true);
  }

  cancel() {
    this.#set(0, false);
  }

  /** Fade, or stop, as it is time to: called every second, and whenever the player has moved on. */
  tick() {
    if (!this.on) return;
    const { left } = this;
    if (this.#until && left <= 0) {
      this.sleeper.pause();
      this.cancel();
      return;
    }
    const fading = this.sleeper.playing() && left < FADE_S;
    this.sleeper.setVolume(fading ? Math.max(0.02, left / FADE_S) : 1);
    this.dispatchEvent(new Event("change"));
  }

  /** The chapter has ended, and the player has stopped there. */
  ended() {
    if (this.#atEnd) this.cancel();
  }

  /** @param {number} until @param {boolean} atEnd */
  #set(until, atEnd) {
    this.#until = until;
    this.#atEnd = atEnd;
    this.sleeper.stopAtEnd(atEnd);
    this.sleeper.setVolume(1);
    this.dispatchEvent(new Event("change"));
  }
}
