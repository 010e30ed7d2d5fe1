/** The page's one audio element, which knows the second it is at even while its source is exchanged. */

import { find } from "./dom.js";

/**
 * Reported of the element: `state` when it plays, waits or stops, `time` when its position or duration has changed.
 * @typedef {"state" | "time" | "pause" | "seeked" | "ended" | "playing" | "error"} AudioEvent
 */

/** The audio element. Its events are those of `AudioEvent`. */
export class AudioSource extends EventTarget {
  #audio = find("#sound", HTMLAudioElement);
  /** The second that was played last, or will be played first; it outlives a source that fails. */
  #at = 0;
  /** The URL of a source that lies in memory, or "". */
  #blobUrl = "";
  /** Whether the source that was set has come to that second. */
  #begun = false;

  constructor() {
    super();
    const events = {
      play: () => this.#tell("state"),
      waiting: () => this.#tell("state"),
      pause: () => this.#tell("pause"),
      playing: () => this.#tell("playing"),
      ended: () => this.#tell("ended"),
      seeked: () => this.#tell("seeked"),
      error: () => this.#audio.getAttribute("src") && this.#tell("error"),
      loadedmetadata: () => this.#begin(),
      durationchange: () => this.#updateTime(),
      seeking: () => this.#updateTime(),
      timeupdate: () => this.#updateTime(),
    };
    for (const [name, listener] of Object.entries(events)) this.#audio.addEventListener(name, listener);
  }

  /** The second it is at. */
  get position() {
    return this.#at;
  }

  /** Seconds in all; 0 while that is not known. */
  get duration() {
    return this.#audio.duration || 0;
  }

  get rate() {
    return this.#audio.playbackRate;
  }

  /** Whether the position is one that was played. */
  get begun() {
    return this.#begun && !this.#audio.ended;
  }

  /** Whether the user paused it. What ends or fails is paused too, and continues by itself. */
  get pausedByHand() {
    const { ended, error, paused } = this.#audio;
    return paused && !ended && !error;
  }

  get paused() {
    return this.#audio.paused;
  }

  /** Set what to play, by its URL or itself, from the current position on. @param {string | Blob} source */
  load(source) {
    this.#release();
    this.#begun = false;
    if (source instanceof Blob) this.#blobUrl = URL.createObjectURL(source);
    this.#audio.src = source instanceof Blob ? this.#blobUrl : source;
  }

  #release() {
    if (this.#blobUrl) URL.revokeObjectURL(this.#blobUrl);
    this.#blobUrl = "";
  }

  /** Have no source, and stand at a second until there is one. @param {number} seconds */
  unload(seconds) {
    this.#begun = false;
    this.#at = seconds;
    this.#audio.removeAttribute("src");
    this.#audio.load();
    this.#release();
  }

  /** Play; rejects when the browser does not allow it. */
  play() {
    return this.#audio.play();
  }

  pause() {
    this.#audio.pause();
  }

  /** Go to a second. @param {number} seconds */
  seek(seconds) {
    this.#at = seconds;
    if (this.#begun) this.#audio.currentTime = seconds;
    this.#updateTime();
  }

  /** Play louder or softer: 1 is as loud as the device is set. @param {number} volume */
  setVolume(volume) {
    this.#audio.volume = volume;
  }

  /** Play faster or slower: 1 is as it was spoken. @param {number} rate */
  setRate(rate) {
    this.#audio.defaultPlaybackRate = this.#audio.playbackRate = rate;
    this.#updateTime();
  }

  #begin() {
    this.#begun = true;
    if (this.#at) this.#audio.currentTime = this.#at;
    this.#updateTime();
  }

  #updateTime() {
    if (this.#begun && this.#audio.readyState) this.#at = this.#audio.currentTime;
    this.#tell("time");
  }

  /** @param {AudioEvent} name */
  #tell(name) {
    this.dispatchEvent(new Event(name));
  }
}
