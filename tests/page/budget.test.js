import assert from "node:assert/strict";
import { test } from "node:test";
import { budgetSentence, shortBudget, waitingHelps } from "../../chalicelib/web/script/budget.js";

const MONTH = {
  currency: "USD",
  month: "2026-11",
  limit_usd: 5,
  spent_usd: 1.8,
  held_usd: 0,
  remaining_usd: 3.2,
  tightest: "user_month",
};
const ASK = "Ask whoever runs this Fireside for a higher limit.";

test("what is left of a month is said, and what running tasks may still take", () => {
  assert.equal(budgetSentence(MONTH), "$3.20 of $5.00 left in November");
  const holding = { ...MONTH, held_usd: 1, remaining_usd: 2.2 };
  assert.equal(budgetSentence(holding), "$2.20 of $5.00 left in November, $1.00 set aside for running tasks");
});

test("without a limit nothing is said", () => {
  assert.equal(budgetSentence({ ...MONTH, limit_usd: null, remaining_usd: null, tightest: null }), "");
});

test("the day of all users is said where it is the tightest", () => {
  const day = { ...MONTH, remaining_usd: 1.2, tightest: "stage_day" };
  assert.equal(budgetSentence(day), "$1.20 left for everybody today");
  assert.equal(budgetSentence({ ...day, remaining_usd: 180 }), ""); // plenty for any book
});

test("a refusal names the budget that is short, and what helps is what applies", () => {
  const refused = (budget) => `${budget} has $0.20 left of $5.00; this takes about $1.00.`;
  assert.equal(shortBudget(refused("Your budget for the month")), "month");
  assert.equal(shortBudget(refused("The budget of this story")), "story");
  assert.equal(shortBudget(refused("The budget that all listeners share for today")), "day");
  assert.equal(shortBudget("This would cost more than 1.5 times what was quoted."), null);
  assert.deepEqual(waitingHelps("month", { ...MONTH, month: "2026-12" }), [
    "Wait until January 1, when the next month begins.",
    ASK,
  ]);
  assert.deepEqual(waitingHelps("day", { ...MONTH, held_usd: 0.5 }), [
    "Wait for your running tasks: $0.50 is set aside for them.",
    "Wait until tomorrow: the day begins at midnight, UTC.",
    ASK,
  ]);
  assert.deepEqual(waitingHelps("story", MONTH), [ASK]);
});
