import assert from "node:assert/strict";
import { test } from "node:test";
import { budgetSentence, wayOut } from "../../chalicelib/web/script/budget.js";

const MONTH = { currency: "USD", month: "2026-11", limit_usd: 5, spent_usd: 1, held_usd: 0, remaining_usd: 4 };

test("what is left of the month is said, and what is set aside", () => {
  const now = { ...MONTH, tightest: "user_month" };
  assert.equal(budgetSentence(now), "$4.00 of $5.00 left in November 2026.");
  const held = { ...now, held_usd: 0.5, remaining_usd: 3.5 };
  const aside = "$0.50 is set aside for stories that are being made.";
  assert.equal(budgetSentence(held), `$3.50 of $5.00 left in November 2026. ${aside}`);
});

test("nothing is said where there is no limit, or plenty for everybody", () => {
  assert.equal(budgetSentence({ ...MONTH, limit_usd: null, remaining_usd: null, tightest: null }), "");
  assert.equal(budgetSentence({ ...MONTH, remaining_usd: 180, tightest: "stage_day" }), "");
  const little = { ...MONTH, remaining_usd: 1.2, tightest: "stage_day" };
  assert.equal(budgetSentence(little), "$1.20 left today for everybody here.");
});

test("a refusal for want of money has a way out", () => {
  const december = new Date("2026-12-24T12:00:00Z");
  assert.match(wayOut("Your budget for the month has $0.10 left", december), /wait until January 1,/);
  assert.match(wayOut("The budget of this story has $0.10 left"), /^Ask whoever runs this Fireside/);
  assert.match(wayOut("The budget that all listeners share for today has $0.10 left"), /^Try again tomorrow/);
});
