import assert from "node:assert/strict";
import { test } from "node:test";
import { breakdown, estimateSentence, latest, rewriteSentence } from "../../chalicelib/web/script/estimate.js";

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

/** A place whose answers come when the test says so. */
function place() {
  const said = [];
  const questions = [];
  const asking = latest({
    clear: () => said.push("cleared"),
    load: (wanted) => new Promise((answer, fail) => questions.push({ wanted, answer, fail })),
    show: (answer) => said.push(answer),
    fail: (error) => said.push(error.message),
  });
  return { said, questions, ...asking };
}
const settled = () => new Promise((done) => setTimeout(done));

test("an old price goes as soon as it is asked for again, and a late answer is not shown", async () => {
  const { said, questions, ask } = place();
  assert.equal(ask("before", 1), true);
  assert.equal(ask("before", 1), false);
  assert.equal(ask("after", 2), true);
  assert.deepEqual(said, ["cleared", "cleared"]);
  assert.equal(questions.length, 1); // the second question waits: it must not get the first one's answer
  questions[0].answer("$26.00");
  await settled();
  assert.deepEqual(said, ["cleared", "cleared"]);
  assert.equal(questions[1].wanted, 2);
  questions[1].answer("$5.88");
  await settled();
  assert.deepEqual(said, ["cleared", "cleared", "$5.88"]);
});

test("what was forgotten is not shown, and what failed is asked for again", async () => {
  const { said, questions, ask, forget } = place();
  ask("one", 1);
  forget();
  questions[0].answer("$1.00");
  await settled();
  assert.deepEqual(said, ["cleared", "cleared"]);
  ask("one", 1);
  questions[1].fail(new Error("no"));
  await settled();
  assert.equal(said.at(-1), "no");
  assert.equal(ask("one", 1), true);
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
