import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { FADE_S, SleepTimer } from "../../chalicelib/web/script/sleep.js";

let now;
let left;
let done;
let timer;

beforeEach(() => {
  now = 1000;
  left = 100;
  done = { volume: 1, paused: 0, stops: false };
  const sleeper = {
    remaining: () => left,
    playing: () => true,
    setVolume: (volume) => {
      done.volume = volume;
    },
    pause: () => {
      done.paused++;
    },
    stopAtEnd: (stops) => {
      done.stops = stops;
    },
  };
  timer = new SleepTimer(sleeper, () => now);
});

const after = (seconds) => {
  now += seconds * 1000;
  timer.tick();
};

test("after its minutes the sound fades over ten seconds, stops, and is as loud as before", () => {
  timer.start(5);
  after(300 - FADE_S);
  assert.deepEqual([timer.left, done.volume], [FADE_S, 1]);
  after(5);
  assert.equal(done.volume, 0.5);
  after(4.9);
  assert.ok(done.volume > 0 && done.volume < 0.05);
  assert.equal(done.paused, 0);
  after(0.1);
  assert.deepEqual([done.paused, done.volume, timer.on, timer.left], [1, 1, false, 0]);
  after(60);
  assert.equal(done.paused, 1);
});

test("one that is turned off while it fades gives the sound back", () => {
  timer.start(5);
  after(295);
  timer.cancel();
  assert.deepEqual([done.volume, timer.on], [1, false]);
  after(60);
  assert.equal(done.paused, 0);
});

test("at the end of a chapter the player stops by itself, and the timer is off", () => {
  timer.startAtEnd();
  assert.deepEqual([done.stops, timer.atEnd, timer.left], [true, true, 100]);
  left = 2;
  after(1);
  assert.deepEqual([done.volume, done.paused], [0.2, 0]);
  timer.ended();
  assert.deepEqual([timer.on, done.stops, done.volume], [false, false, 1]);
});

test("setting it anew takes the place of what was set, and of the fading", () => {
  timer.start(5);
  after(296);
  timer.start(10);
  assert.deepEqual([done.volume, timer.left], [1, 600]);
  timer.startAtEnd();
  after(700);
  assert.deepEqual([done.paused, done.stops], [0, true]);
});

test("every change is told, also that it goes on", () => {
  let told = 0;
  timer.addEventListener("change", () => told++);
  timer.tick();
  assert.equal(told, 0);
  timer.start(5);
  after(1);
  timer.cancel();
  assert.equal(told, 3);
});
