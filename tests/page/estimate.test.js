import assert from "node:assert/strict";
import { test } from "node:test";
import { latest } from "../../chalicelib/web/script/estimate.js";

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
