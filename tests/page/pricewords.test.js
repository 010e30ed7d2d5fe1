import assert from "node:assert/strict";
import { test } from "node:test";
import {
  breakdown,
  estimateSentence,
  monthSentence,
  rewriteSentence,
  unchargedSentence,
  withoutSound,
  wouldCost,
} from "../../chalicelib/web/script/pricewords.js";

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

test("a rewrite says what it costs by itself, and what narrating it adds", () => {
  const words = { ...NOTHING, cost_usd: 0.02 };
  const said = "Writing it again costs about $0.02, narrating it then $0.60";
  assert.equal(
    rewriteSentence(words, { ...ALL, cost_usd: 0.62 }, "2026-11"),
    `${said}, at list prices of November 2026.`,
  );
  assert.equal(rewriteSentence(words, { ...ALL, cost_usd: 0.62 }, ""), `${said}.`);
});

test("a demonstration says what real providers would cost, and that nothing is charged", () => {
  assert.match(
    estimateSentence(ALL, "2026-11", true),
    /^With real providers: about .*\$2\.50.* Here nothing is charged\.$/,
  );
  assert.equal(estimateSentence(NOTHING, "", true), "Everything it needs is there already.");
  const words = { ...NOTHING, cost_usd: 0.02 };
  assert.match(rewriteSentence(words, { ...ALL, cost_usd: 0.62 }, "", true), /would cost .* Here nothing is charged/);
});

test("the words alone have a price where the sound has one, too", () => {
  const words = { ...NOTHING, cost_usd: 0.5 };
  assert.equal(withoutSound(ALL, words), "Without sound: $0.50.");
  assert.equal(withoutSound(ALL, NOTHING), "");
  assert.equal(withoutSound(words, words), "");
});

test("where one of the two providers is a demonstration, that one is not charged", () => {
  assert.equal(unchargedSentence(["author"]), "The author is a demonstration, and is not charged.");
  assert.equal(unchargedSentence(["narrator"]), "The voices are a demonstration, and are not charged.");
  assert.equal(unchargedSentence([]), "");
  assert.equal(unchargedSentence(["author", "narrator"]), "");
});

test("what nobody is charged for would cost something", () => {
  assert.equal(wouldCost(0.42, false), "$0.42");
  assert.equal(wouldCost(0.42, true), "would cost $0.42");
});

test("a month's sum is what was charged, or what would have been", () => {
  const sum = (shown) => monthSentence(0.5, "3 stories", "November 2026", shown);
  assert.equal(sum([]), "$0.50 for 3 stories in November 2026.");
  assert.equal(
    sum(["author", "narrator"]),
    "With real providers 3 stories in November 2026 would have cost $0.50. Nothing was charged.",
  );
  assert.match(sum(["narrator"]), /^\$0\.50 for 3 stories .* The voices are a demonstration, and are not charged\.$/);
});
