import assert from "node:assert/strict";
import { test } from "node:test";
import * as format from "../../chalicelib/web/script/format.js";

test("an amount above zero never reads as zero", () => {
  assert.equal(format.dollars(0), "$0.00");
  assert.equal(format.dollars(0.0049), "under $0.01");
  assert.equal(format.dollars(0.005), "$0.01");
  assert.equal(format.dollars(1234.5), "$1,234.50");
});

test("one is singular, everything else plural", () => {
  assert.deepEqual(
    [0, 1, 2, 1000].map((value) => format.plural(value, "story", "stories")),
    ["0 stories", "1 story", "2 stories", "1,000 stories"],
  );
});

test("a length is said in the largest units that fit", () => {
  const said = [0, 1.4, 59.4, 59.5, 3569, 3570, 3900, 7200].map(format.length);
  assert.deepEqual(said, [
    "1 second",
    "1 second",
    "59 seconds",
    "1 minute",
    "59 minutes",
    "1 hour",
    "1 hour 5 minutes",
    "2 hours",
  ]);
});

test("a clock never shows a time that is not there", () => {
  const shown = [Number.NaN, -3, 0, 65.9, 3729].map(format.clock);
  assert.deepEqual(shown, ["0:00", "0:00", "0:00", "1:05", "1:02:09"]);
  assert.equal(format.spokenClock(61), "1 minute 1 second");
});

test("file names keep letters of any script and nothing that a file system refuses", () => {
  assert.equal(format.fileName({ number: 3, title: "The Lamp: a/b\\c?" }), "03-The Lamp a b c.mp3");
  assert.equal(format.plainName("Der Fluß — «Привет» 灯台"), "Der Fluß — «Привет» 灯台");
  assert.equal(format.fileName({ number: 1, title: "第一章\u3000霧" }, "vtt"), "01-第一章 霧.vtt");
  assert.equal(format.plainName("../.."), "untitled");
  assert.equal(format.plainName("And then..."), "And then");
  assert.equal(format.plainName("Con"), "_Con");
  assert.equal([...format.plainName("𝒜".repeat(200))].length, 80);
});

test("months are counted across the turn of the year", () => {
  assert.deepEqual(format.monthsBetween("2025-11-30T23:59:59Z", "2026-02-01T00:00:00Z"), [
    "2025-11",
    "2025-12",
    "2026-01",
    "2026-02",
  ]);
  assert.equal(format.monthAfter("2026-01", -1), "2025-12");
  assert.equal(format.monthTitle("2026-11"), "November 2026");
  assert.equal(format.monthName("2026-11"), "November");
  assert.equal(format.monthDay("2026-11"), "November 1");
});

test("a language nobody knows has no name", () => {
  assert.equal(format.languageName("de"), "German");
  assert.equal(format.languageName("xx"), undefined);
  assert.equal(format.languageName("not a language"), undefined);
});

test("a size is told in megabytes, and is never nothing", () => {
  assert.deepEqual([400, 412_000, 43_210_000, 1_234_567_890].map(format.megabytes), [
    "0.1 MB",
    "0.4 MB",
    "43 MB",
    "1,235 MB",
  ]);
});

test("a book is missing only where every chapter can be heard", () => {
  const audio = { duration: 1 };
  assert.equal(format.bookState({ book: null, chapters: [{ audio }, { audio: null }] }), "none");
  assert.equal(format.bookState({ book: null, chapters: [{ audio }, { audio }] }), "missing");
  assert.equal(format.bookState({ book: { out_of_date: true }, chapters: [{ audio: null }] }), "old");
  assert.equal(format.bookState({ book: { out_of_date: false }, chapters: [{ audio }] }), "current");
});
