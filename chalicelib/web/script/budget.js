/** What is left of the caller's month, said where one decides. */

/** @import { Budget } from "../types/openapi.d.ts" */

import { get } from "./api.js";
import { el, setText } from "./dom.js";
import { dollars, monthTitle } from "./format.js";

/** Dollars: what is left for everybody is worth a word only when it could be too little for a book. */
const PLENTY = 25;

/**
 * Make the line, and fetch what it says; it stays hidden where there is no limit, or no answer.
 * @param {AbortSignal} signal
 */
export function budgetLine(signal) {
  const node = el("p", { class: "hint budget", hidden: true });
  const show = async () => {
    const budget = await get("/budget", {}).catch(() => null);
    if (signal.aborted || !budget) return;
    setText(node, budgetSentence(budget));
    node.hidden = !node.textContent;
  };
  show();
  return { node, show };
}

/**
 * Say what is left of the tightest limit; "" where there is none.
 * @param {Budget} budget
 */
export function budgetSentence({ limit_usd, held_usd, remaining_usd, month, tightest }) {
  if (remaining_usd === null) return "";
  if (tightest === "stage_day")
    return remaining_usd < PLENTY ? `${dollars(remaining_usd)} left today for everybody here.` : "";
  const aside = held_usd ? ` ${dollars(held_usd)} is set aside for stories that are being made.` : "";
  return `${dollars(remaining_usd)} of ${dollars(limit_usd ?? 0)} left in ${monthTitle(month)}.${aside}`;
}

/**
 * Say what one can do about a refusal for want of money.
 * @param {string} message as the API says it
 * @param {Date} [now]
 */
export function wayOut(message, now = new Date()) {
  if (message.startsWith("The budget that all listeners share"))
    return "Try again tomorrow, or ask whoever runs this Fireside.";
  if (message.startsWith("The budget of this story")) return "Ask whoever runs this Fireside for a higher limit.";
  const next = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1));
  const first = new Intl.DateTimeFormat("en", { month: "long", day: "numeric", timeZone: "UTC" }).format(next);
  return `Make a shorter story, write it without sound, wait until ${first}, or ask whoever runs this Fireside for more.`;
}
