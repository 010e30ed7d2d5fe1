/** Usage: what a month's stories cost, as a chart and as a table. */

import { monthUsage, presentMonth } from "./catalogue.js";
import { button, el, icon, svg } from "./dom.js";
import { count, dollars, monthAfter, monthTitle, plural } from "./format.js";
import { whenLoaded } from "./notices.js";

const BARS = 8;
const DELETED = "A deleted story";

/** The view; the month is a part of its address. */
export function usageView(stage, asked) {
  stage.heading("Usage");
  const month = asked ?? presentMonth();
  const go = (to) => {
    location.hash = `#/usage/${to}`;
  };
  const field = el("input", { type: "month", id: "month", value: month, max: presentMonth(), required: true });
  field.addEventListener("change", () => /^\d{4}-(0[1-9]|1[0-2])$/.test(field.value) && go(field.value));
  const previous = button("", () => go(monthAfter(month, -1)), { class: "round", "aria-label": "Previous month" });
  const next = button("", () => go(monthAfter(month, 1)), { class: "round", "aria-label": "Next month" });
  previous.append(icon("left"));
  next.append(icon("right"));
  next.disabled = month >= presentMonth();
  const report = el("div");
  stage.add(el("div", { class: "months" }, el("label", { for: "month" }, "Month"), previous, field, next), report);
  whenLoaded(
    report,
    stage.signal,
    "Adding up…",
    () => monthUsage(month),
    (usage) => showReport(report, month, usage),
  );
}

function showReport(report, month, { stories, total }) {
  if (!stories.length) {
    report.append(el("p", { class: "lead" }, `Nothing was bought in ${monthTitle(month)}.`));
    return;
  }
  const dearest = [...stories].sort((a, b) => b.cost_usd - a.cost_usd);
  report.append(
    el(
      "p",
      { class: "lead" },
      `${dollars(total.cost_usd)} for ${plural(stories.length, "story", "stories")} in ${monthTitle(month)}.`,
    ),
    chart(dearest.slice(0, BARS), dearest.length, month),
    table(dearest, total),
  );
}

function chart(stories, all, month) {
  const most = stories[0].cost_usd || 1;
  const list = stories.map((story) => `${titleOf(story)} ${dollars(story.cost_usd)}`).join("; ");
  const shown = all > stories.length ? `the ${stories.length} dearest of ${all} stories` : "each story";
  const label = `Bar chart of what ${shown} cost in ${monthTitle(month)}: ${list}. The table below has all figures.`;
  const picture = svg("svg", {
    class: "chart",
    role: "img",
    "aria-label": label,
    width: "100%",
    height: 34 * stories.length,
  });
  for (const [at, story] of stories.entries()) {
    const top = 34 * at;
    const share = Math.max(0.5, (100 * story.cost_usd) / most);
    picture.append(
      svg("text", { x: 0, y: top + 13 }, shortened(titleOf(story))),
      svg("text", { x: "100%", y: top + 13, "text-anchor": "end" }, dollars(story.cost_usd)),
      svg("rect", { x: 0, y: top + 19, width: "100%", height: 6, rx: 3, class: "track" }),
      svg("rect", { x: 0, y: top + 19, width: `${share}%`, height: 6, rx: 3, class: "bar" }),
    );
  }
  return picture;
}

function table(stories, total) {
  const head = el("tr", {});
  for (const name of ["Story", "Calls", "Tokens", "Characters", "Cost"]) head.append(el("th", { scope: "col" }, name));
  const rows = stories.map((story) => el("tr", {}, el("th", { scope: "row" }, titleCell(story)), ...figures(story)));
  const sum = el("tr", {}, el("th", { scope: "row" }, "Total"), ...figures(total));
  const box = el(
    "div",
    { class: "scroll", tabindex: 0, role: "region", "aria-label": "Figures by story" },
    el("table", {}, el("thead", {}, head), el("tbody", {}, ...rows), el("tfoot", {}, sum)),
  );
  return box;
}

function figures({ calls, input_tokens, output_tokens, characters, cost_usd }) {
  const texts = [count(calls), count(input_tokens + output_tokens), count(characters), dollars(cost_usd)];
  return texts.map((text) => el("td", {}, text));
}

function titleCell(story) {
  return story.title ? el("a", { href: `#/story/${story.story_id}` }, story.title) : DELETED;
}

const titleOf = (story) => story.title || DELETED;

const shortened = (title) => ([...title].length > 34 ? `${[...title].slice(0, 33).join("")}…` : title);
