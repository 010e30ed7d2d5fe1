import assert from "node:assert/strict";
import { test } from "node:test";
import { breakdown, estimateSentence } from "../../chalicelib/web/script/estimate.js";

const NOTHING = { input_tokens: 0, output_tokens: 0, characters: 0, audio_seconds: 0, cost_usd: 0 };
const ALL = { input_tokens: 2000, output_tokens: 1000, characters: 9000, audio_seconds: 600, cost_usd: 2.5 };

test("what is paid for costs nothing more", () => {
  assert.equal(estimateSentence(NOTHING, "2026-11"), "Everything it needs has been paid for already.");
});

test("characters, length and cost are said, and of which month the prices are", () => {
  const sentence = "About 9,000 characters, 10 minutes of sound, $2.50 at list prices of November 2026.";
  assert.equal(estimateSentence(ALL, "2026-11"), sentence);
});

test("the month is left out where it is not known", () => {
  assert.equal(estimateSentence(ALL, ""), "About 9,000 characters, 10 minutes of sound, $2.50.");
});

test("the length is left out where most of the audio is paid for", () => {
  assert.equal(estimateSentence({ ...ALL, characters: 6000 }, ""), "About 6,000 characters, $2.50.");
});

test("words alone have no characters to speak", () => {
  assert.equal(estimateSentence({ ...ALL, characters: 0, cost_usd: 0.001 }, ""), "About under $0.01.");
});

test("voices cost what is left once the words are paid for", () => {
  const words = { ...NOTHING, input_tokens: 2000, output_tokens: 1000, cost_usd: 0.5 };
  assert.deepEqual(breakdown(ALL, words), [
    "Words: 2,000 tokens read and 1,000 written, $0.50",
    "Voices: 9,000 characters spoken, $2.00",
  ]);
  assert.deepEqual(breakdown(ALL, NOTHING), ["Voices: 9,000 characters spoken, $2.50"]);
  assert.deepEqual(breakdown({ ...words }, words), ["Words: 2,000 tokens read and 1,000 written, $0.50"]);
});
