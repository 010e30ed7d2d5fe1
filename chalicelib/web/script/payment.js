/** The error of a task that cannot be paid for: the sentence, and what one can do now. */

/** @import { Budget } from "../types/openapi.d.ts" */
/** @import { FormError } from "./notices.js" */
/** @import { Short } from "./budget.js" */

import { ApiError } from "./api.js";
import { fetchBudget, shortBudget, waitingHelps } from "./budget.js";
import { el } from "./dom.js";
import { formError } from "./notices.js";

const PAYMENT_REQUIRED = 402;

/** @typedef {FormError & { explain: (sentence: string) => void }} PaymentError */

/**
 * Make a line for errors, with what one can do below it where a budget is short. `doLess` lists what would take less
 * money. `explain` shows the ways out alone, of a sentence that stands elsewhere.
 * @param {AbortSignal} signal
 * @param {(budget: Budget, short: Short) => Promise<Node[]>} [doLess]
 * @param {import("./dom.js").Attributes} [attributes]
 * @returns {PaymentError}
 */
export function paymentError(signal, doLess = async () => [], attributes = {}) {
  const line = formError(attributes);
  const list = el("ul", { class: "ways" });
  const ways = el("div", { hidden: true }, el("p", { class: "hint" }, "What you can do:"), list);
  let explained = "";

  /** @param {string} sentence */
  async function explain(sentence) {
    if (sentence === explained) return;
    explained = sentence;
    ways.hidden = true;
    const short = shortBudget(sentence);
    if (!short) return;
    const items = await waysOut(short, doLess).catch(() => []);
    if (signal.aborted || explained !== sentence) return;
    list.replaceChildren(...items.map((item) => el("li", {}, item)));
    ways.hidden = items.length === 0;
  }
  const clear = () => {
    line.clear();
    explained = "";
    ways.hidden = true;
  };
  /** @type {FormError["show"]} */
  const show = (text, thrown) => {
    line.show(text);
    if (thrown instanceof ApiError && thrown.status === PAYMENT_REQUIRED) explain(text);
  };
  return { node: el("div", { class: "payment" }, line.node, ways), show, clear, explain };
}

/**
 * @param {Short} short
 * @param {(budget: Budget, short: Short) => Promise<Node[]>} doLess
 */
async function waysOut(short, doLess) {
  const budget = await fetchBudget();
  return [...(await doLess(budget, short)), ...waitingHelps(short, budget)];
}
