/** What is left to spend: fetched and put into words here, for every view in which one decides about money. */

/** @import { Budget } from "../types/openapi.d.ts" */

import { get } from "./api.js";
import { el, setText } from "./dom.js";
import { dollars, monthAfter, monthDay, monthName } from "./format.js";

/** Dollars: what is left for everybody is worth a word only when it could be too little for a book. */
const PLENTY = 25;

/** Fetch the budget; every task that starts or ends changes it, so no answer is kept. */
export const fetchBudget = () => get("/budget", {});

/**
 * Make the line that says what is left, and fetch that; it stays hidden where there is no limit, or no answer.
 * @param {AbortSignal} signal
 */
export function budgetLine(signal) {
  const node = el("p", { class: "hint budget", hidden: true });
  let requests = 0;
  const show = async () => {
    const request = ++requests;
    const sentence = await fetchBudget().then(budgetSentence, () => "");
    if (signal.aborted || request !== requests) return;
    setText(node, sentence);
    node.hidden = !sentence;
  };
  show();
  return { node, show };
}

/**
 * Say what is left of the tightest limit, such as `$3.20 of $5.00 left in November`; "" where there is none.
 * @param {Budget} budget
 */
export function budgetSentence({ month, limit_usd, held_usd, remaining_usd, tightest }) {
  if (remaining_usd === null) return "";
  if (tightest === "stage_day")
    return remaining_usd < PLENTY ? `${dollars(remaining_usd)} left for everybody today` : "";
  const held = held_usd > 0 ? `, ${dollars(held_usd)} set aside for running tasks` : "";
  return `${dollars(remaining_usd)} of ${dollars(limit_usd ?? 0)} left in ${monthName(month)}${held}`;
}

/** @typedef {"month" | "day" | "story"} Short which budget has too little left */

/**
 * Return which budget a refusal's sentence is about; null where no budget is short, but a quote was passed.
 * @param {string} sentence
 * @returns {Short | null}
 */
export function shortBudget(sentence) {
  if (sentence.startsWith("Your budget for the month")) return "month";
  if (sentence.startsWith("The budget of this story")) return "story";
  return sentence.startsWith("The budget that all listeners share") ? "day" : null;
}

/**
 * List what else helps when a budget is short, besides doing less.
 * @param {Short} short
 * @param {Pick<Budget, "month" | "held_usd">} budget
 */
export function waitingHelps(short, { month, held_usd }) {
  const ways = [];
  if (held_usd > 0) ways.push(`Wait for your running tasks: ${dollars(held_usd)} is set aside for them.`);
  if (short === "month") ways.push(`Wait until ${monthDay(monthAfter(month, 1))}, when the next month begins.`);
  if (short === "day") ways.push("Wait until tomorrow: the day begins at midnight, UTC.");
  return [...ways, "Ask whoever runs this Fireside for a higher limit."];
}
