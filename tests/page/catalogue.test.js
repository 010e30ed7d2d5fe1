import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import {
  allVoices,
  costOf,
  currentMonth,
  forgetCurrentMonth,
  forgetVoices,
  monthUsage,
  pricesAsOf,
} from "../../chalicelib/web/script/catalogue.js";

let requests = [];
let answer = () => Response.json({});

const provide = (name, value) => Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });

const RealDate = Date;
let now = 0;

/** A Date whose clock the tests set: node:test can mock it only in later releases of Node 20. */
class SetDate extends RealDate {
  constructor(...given) {
    super(...(given.length ? given : [now]));
  }

  static now() {
    return now;
  }
}

beforeEach(() => {
  requests = [];
  now = RealDate.parse("2026-11-25T12:00:00Z");
  provide("Date", SetDate);
  provide("document", { baseURI: "https://fireside.example/", querySelector: () => null });
  provide("navigator", { onLine: true });
  provide("fetch", (url) => {
    requests.push(new URL(url).search);
    return Promise.resolve().then(() => answer(new URL(url).searchParams.get("month")));
  });
});

test("voices and the month of the prices are fetched once, and again when that failed", async () => {
  answer = () => new Response("", { status: 503 });
  await assert.rejects(allVoices());
  answer = () => Response.json({ voices: [{ voice_id: "v1" }], prices_as_of: "2026-11" });
  assert.deepEqual(await allVoices(), [{ voice_id: "v1" }]);
  await allVoices();
  assert.equal(await pricesAsOf(), "2026-11");
  assert.equal(requests.length, 2);
});

test("voices are fetched again after half a minute or when a task has ended, and stay where that fails", async () => {
  const listed = (id) => () => Response.json({ voices: [{ voice_id: id }], prices_as_of: "2026-11" });
  forgetVoices();
  answer = listed("v1");
  assert.deepEqual(await allVoices(), [{ voice_id: "v1" }]);
  now += 29_000;
  answer = listed("v2");
  assert.deepEqual(await allVoices(), [{ voice_id: "v1" }]);
  now += 2_000;
  assert.deepEqual(await allVoices(), [{ voice_id: "v2" }]);
  forgetVoices();
  answer = () => new Response("", { status: 503 });
  assert.deepEqual(await allVoices(), [{ voice_id: "v2" }]);
  assert.equal(requests.length, 3);
});

test("a past month is fetched once, the current one again after half a minute or when it is forgotten", async () => {
  answer = () => Response.json({ stories: [] });
  assert.equal(currentMonth(), "2026-11");
  await monthUsage("2026-08");
  await monthUsage("2026-11");
  now += 29_000;
  await monthUsage("2026-11");
  assert.equal(requests.length, 2);
  now += 2_000;
  await monthUsage("2026-08");
  await monthUsage("2026-11");
  assert.equal(requests.length, 3);
  forgetCurrentMonth();
  await monthUsage("2026-11");
  assert.equal(requests.length, 4);
});

test("last month can still change where the clocks differ", async () => {
  answer = () => Response.json({ stories: [] });
  await monthUsage("2026-10");
  now += 31_000;
  await monthUsage("2026-10");
  assert.equal(requests.length, 2);
});

test("a story costs what its months say together", async () => {
  const costs = { "2026-05": 0.5, "2026-06": 0.25 };
  answer = (month) =>
    Response.json({
      stories: [
        { story_id: "s1", cost_usd: costs[month] },
        { story_id: "s2", cost_usd: 9 },
      ],
    });
  assert.equal(await costOf("s1", ["2026-05", "2026-06"]), 0.75);
  assert.equal(await costOf("s3", ["2026-05"]), 0);
});
