import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

Object.defineProperty(globalThis, "document", {
  value: { querySelector: () => null, baseURI: "http://fireside.example/" },
  configurable: true,
});
const { PlaceKeeper } = await import("../../chalicelib/web/script/place.js");

const MINUTE = 60_000;
const START = Date.parse("2026-11-28T01:00:00.000Z");
const at = (ms) => new Date(START + ms).toISOString();

let now = START;
let local;
let remote;
let keeper;
let moved;

beforeEach(() => {
  now = START;
  const items = new Map();
  local = { get: (id) => items.get(id) ?? null, set: (id, place) => items.set(id, place) };
  remote = {
    holds: { chapter: 1, seconds: 0, speed: 1, at: null },
    puts: [],
    away: false,
    // As Fireside: the later time wins.
    put(_id, place) {
      if (this.away) return Promise.reject(new Error("away"));
      this.puts.push(place);
      if (!this.holds.at || place.at >= this.holds.at) this.holds = place;
      return Promise.resolve(this.holds);
    },
    get() {
      return this.away ? Promise.reject(new Error("away")) : Promise.resolve(this.holds);
    },
  };
  keeper = new PlaceKeeper(local, remote, () => now);
  moved = [];
  keeper.addEventListener("moved", ({ detail }) => moved.push(detail));
});

test("while something plays a place is kept here at once, and sent once a minute", async () => {
  for (let second = 5; second <= 120; second += 5) {
    now = START + second * 1000;
    await keeper.keep("s", { chapter: 1, seconds: second, speed: 1 }, false);
  }
  assert.equal(keeper.get("s").seconds, 120);
  assert.deepEqual(
    remote.puts.map(({ seconds }) => seconds),
    [5, 65],
  );
});

test("what is urgent is sent at once, and what has not changed is not sent again", async () => {
  await keeper.keep("s", { chapter: 1, seconds: 10, speed: 1 }, true);
  now += 5 * MINUTE;
  await keeper.keep("s", { chapter: 1, seconds: 10.4, speed: 1 }, true);
  assert.deepEqual(
    remote.puts.map((put) => put.at),
    [at(0)],
  );
  await keeper.keep("s", { chapter: 1, seconds: 10, speed: 1.5 }, true);
  assert.equal(remote.puts.at(-1).speed, 1.5);
});

test("a page that was left open does not take back where another device has gone", async () => {
  await keeper.keep("s", { chapter: 1, seconds: 10, speed: 1 }, true);
  remote.holds = { chapter: 3, seconds: 70, speed: 1.25, at: at(MINUTE) };
  now += 10 * MINUTE;
  await keeper.keep("s", { chapter: 1, seconds: 10, speed: 1 }, true);
  assert.equal(remote.holds.chapter, 3);
  await keeper.refresh("s");
  assert.deepEqual(moved, ["s"]);
  assert.deepEqual(keeper.get("s"), { chapter: 3, seconds: 70, speed: 1.25, at: at(MINUTE) });
  await keeper.refresh("s");
  assert.deepEqual(moved, ["s"]);
});

test("without a connection a place is kept, and sent with the time of listening", async () => {
  remote.away = true;
  await keeper.keep("s", { chapter: 2, seconds: 5, speed: 1 }, true);
  assert.equal(keeper.get("s").unsent, true);
  remote.away = false;
  now += MINUTE;
  await keeper.refresh("s");
  assert.deepEqual([remote.holds.at, keeper.get("s").unsent], [at(0), undefined]);
});

test("what was heard offline loses to what was heard later elsewhere", async () => {
  remote.away = true;
  await keeper.keep("s", { chapter: 2, seconds: 5, speed: 1 }, true);
  remote.away = false;
  remote.holds = { chapter: 4, seconds: 9, speed: 1, at: at(MINUTE) };
  await keeper.flush("s");
  assert.deepEqual([keeper.get("s").chapter, moved], [4, ["s"]]);
});

test("an answer that comes after one has gone on does not turn the place back", async () => {
  let answer;
  remote.put = () =>
    new Promise((resolve) => {
      answer = resolve;
    });
  const sending = keeper.keep("s", { chapter: 1, seconds: 10, speed: 1 }, true);
  now += 1000;
  keeper.keep("s", { chapter: 1, seconds: 90, speed: 1 }, false);
  answer({ chapter: 9, seconds: 0, speed: 1, at: at(MINUTE) });
  await sending;
  assert.deepEqual([keeper.get("s").seconds, moved], [90, []]);
});
