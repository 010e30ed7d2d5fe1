import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Samples } from "../../chalicelib/web/script/samples.js";

/** An audio element that plays what it is told to, or says why not. */
class FakeAudio extends EventTarget {
  src = "";
  paused = true;
  refuses = null;
  play() {
    if (this.refuses) return Promise.reject(Object.assign(new Error("no"), { name: this.refuses }));
    this.paused = false;
    return Promise.resolve();
  }
  pause() {
    this.paused = true;
  }
}

class FakePlayer extends EventTarget {
  playing = false;
  toggle() {
    this.playing = !this.playing;
    this.dispatchEvent(new Event("change"));
  }
}

let audio;
let player;
let samples;

beforeEach(() => {
  audio = new FakeAudio();
  player = new FakePlayer();
  samples = new Samples(audio, player);
});

test("a sample plays until it is stopped, or has ended", async () => {
  const [one, changes] = [{}, []];
  samples.addEventListener("change", () => changes.push(samples.holds(one)));
  await samples.play(one, "a.mp3");
  assert.equal(audio.src, "a.mp3");
  assert.ok(!audio.paused && samples.holds(one));
  samples.stop();
  assert.ok(audio.paused && !samples.holds(one));
  await samples.play(one, "a.mp3");
  audio.dispatchEvent(new Event("ended"));
  assert.deepEqual(changes, [true, false, true, false]);
});

test("a second sample takes the place of the first", async () => {
  const [one, other] = [{}, {}];
  await samples.play(one, "a.mp3");
  await samples.play(other, "a.mp3");
  assert.ok(!samples.holds(one) && samples.holds(other));
});

test("the player pauses for a sample, and a sample stops for the player", async () => {
  const one = {};
  player.toggle();
  await samples.play(one, "a.mp3");
  assert.equal(player.playing, false);
  player.toggle();
  assert.ok(audio.paused && !samples.holds(one));
});

test("a sample that cannot be played says so", async () => {
  const one = {};
  audio.refuses = "NotSupportedError";
  await assert.rejects(samples.play(one, "a.mp3"), { message: "This sample cannot be played now." });
  assert.ok(!samples.holds(one));
  audio.refuses = "NotAllowedError";
  await assert.rejects(samples.play(one, "a.mp3"), { message: "Your browser asks you to press it once more." });
});

test("a sample that another one interrupts is no failure", async () => {
  const [one, other] = [{}, {}];
  audio.refuses = "AbortError";
  await samples.play(one, "a.mp3");
  audio.refuses = "NotSupportedError";
  const first = samples.play(one, "a.mp3");
  audio.refuses = null;
  await samples.play(other, "b.mp3");
  await first;
  assert.ok(samples.holds(other));
});
