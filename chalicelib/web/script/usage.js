/** Usage: what a month's stories cost, as a chart and as a table. */

/** @import { Purchases, StoryPurchases, Usage } from "../types/openapi.d.ts" */
/** @import { ViewContext } from "./viewcontext.js" */

import { isValue } from "./addresses.js";
import { budgetLine } from "./budget.js";
import { currentMonth, monthUsage } from "./catalogue.js";
import { el, iconButton } from "./dom.js";
import { demonstration, isFree } from "./embedded.js";
import { count, dollars, monthAfter, monthTitle, plural } from "./format.js";
import { loadInto } from "./notices.js";
import { monthSentence } from "./pricewords.js";

const BARS = 8;
const DELETED = "A deleted story";

/**
 * Show the view; the month is a part of its address.
 * @param {ViewContext} context
 * @param {string} [asked] such as 2026-11
 */
export function usageView(context, asked) {
  context.heading("Usage");
  const month = asked ?? currentMonth();
  /** @param {string} to */
  const go = (to) => {
    location.hash = `#/usage/${to}`;
  };
  const field = el("input", { type: "month", id: "month", value: month, max: currentMonth(), required: true });
  field.addEventListener("change", () => isValue("month", field.value) && go(field.value));
  const previous = iconButton("left", "Previous month", () => go(monthAfter(month, -1)));
  const next = iconButton("right", "Next month", () => go(monthAfter(month, 1)));
  next.disabled = month >= currentMonth();
  const report = el("div");
  // What is left is of the present month, whichever is shown.
  if (month === currentMonth()) context.add(budgetLine(context.signal).node);
  context.add(el("div", { class: "months" }, el("label", { for: "month" }, "Month"), previous, field, next), report);
  loadInto(
    report,
    context.signal,
    "Adding up…",
    () => monthUsage(month),
    (usage) => report.append(...reportOf(month, usage)),
  );
}

/**
 * @param {string} month
 * @param {Usage} usage
 */
function reportOf(month, { stories, total }) {
  if (!stories.length)
    return [el("p", { class: "lead" }, `Nothing was ${isFree() ? "made" : "bought"} in ${monthTitle(month)}.`)];
  const byCost = [...stories].sort((a, b) => b.cost_usd - a.cost_usd);
  const many = plural(stories.length, "story", "stories");
  const sum = monthSentence(total.cost_usd, many, monthTitle(month), demonstration());
  return [el("p", { class: "lead" }, sum), chart(byCost.slice(0, BARS), byCost.length, month), table(byCost, total)];
}

/**
 * Draw what the most expensive stories cost.
 * @param {readonly StoryPurchases[]} stories the most expensive first
 * @param {number} all how many stories there are
 * @param {string} month
 */
function chart(stories, all, month) {
  const most = stories[0]?.cost_usd || 1;
  const list = stories.map((story) => `${titleOf(story)} ${dollars(story.cost_usd)}`).join("; ");
  const shown = all > stories.length ? `the ${stories.length} most expensive of ${all} stories` : "each story";
  const label = `Bar chart of what ${shown} ${isFree() ? "would have cost" : "cost"} in ${monthTitle(month)}: ${list}. The table below has all figures.`;
  const picture = el("div", { class: "chart", role: "img", "aria-label": label });
  for (const story of stories) {
    const bar = el("div", { class: "bar" });
    bar.style.setProperty("width", `${Math.max(0.5, (100 * story.cost_usd) / most)}%`);
    const name = el("div", { class: "what" }, el("span", {}, titleOf(story)), el("span", {}, dollars(story.cost_usd)));
    picture.append(name, el("div", { class: "track" }, bar));
  }
  return picture;
}

/**
 * @param {readonly StoryPurchases[]} stories
 * @param {Purchases} total
 */
function table(stories, total) {
  const names = ["Story", "Calls", "Tokens", "Characters", isFree() ? "Would cost" : "Cost"];
  const head = el("tr", {}, ...names.map((name) => el("th", { scope: "col" }, name)));
  const rows = stories.map((story) => el("tr", {}, el("th", { scope: "row" }, titleCell(story)), ...figures(story)));
  const sum = el("tr", {}, el("th", { scope: "row" }, "Total"), ...figures(total));
  return el(
    "div",
    { class: "scroll", tabindex: 0, role: "region", "aria-label": "Figures by story" },
    el("table", {}, el("thead", {}, head), el("tbody", {}, ...rows), el("tfoot", {}, sum)),
  );
}

/** @param {Purchases} bought */
function figures({ calls, input_tokens, output_tokens, characters, cost_usd }) {
  const texts = [count(calls), count(input_tokens + output_tokens), count(characters), dollars(cost_usd)];
  return texts.map((text) => el("td", {}, text));
}

/** @param {StoryPurchases} story */
const titleCell = ({ title, story_id }) => (title ? el("a", { href: `#/story/${story_id}` }, title) : DELETED);

/** @param {StoryPurchases} story */
const titleOf = ({ title }) => title || DELETED;
