/** A line whose sound came out odd: what is wrong with it, and the button that has it spoken again. */

/** @import { ChapterAlone, Story } from "../types/openapi.d.ts" */
/** @import { ViewContext } from "./viewcontext.js" */
/** @import { Watch } from "./watch.js" */

import { post } from "./api.js";
import { button, el, setText } from "./dom.js";
import { demonstration } from "./embedded.js";
import { againPrice } from "./estimate.js";
import { runAction } from "./notices.js";
import { paymentError } from "./payment.js";
import { wouldCost } from "./pricewords.js";

/**
 * What a line shows of its sound; `price` is null as long as it is not known, and `waits` while a task runs.
 * @typedef {{ message: string, price: number | null, waits: boolean }} OddLine
 */

/**
 * Make the notice of a line; it is hidden until `update` is given one.
 * @param {ViewContext} context
 * @param {Watch} watch
 * @param {number} number
 * @param {string} lineId
 */
export function lineAgain(context, watch, number, lineId) {
  const message = el("p", { id: `odd-${lineId}` });
  const price = el("span", { class: "muted" });
  const error = paymentError(context.signal);
  const again = button("Speak this line again", () => runAction(again, error, order), {
    "aria-describedby": `odd-${lineId} line-${lineId}`,
  });
  const node = el(
    "div",
    { class: "odd", hidden: true },
    message,
    el("div", { class: "actions" }, again, price),
    error.node,
  );

  async function order() {
    try {
      const parameters = { story_id: watch.storyId };
      await post("/stories/{story_id}/audio", parameters, { chapters: [number], again: [lineId] });
    } finally {
      await watch.refresh();
    }
  }
  /** @param {OddLine | null} odd */
  function update(odd) {
    node.hidden = !odd;
    if (!odd) return;
    setText(message, odd.message);
    setText(price, odd.price === null ? "" : wouldCost(odd.price, demonstration().includes("narrator")));
    again.disabled = odd.waits;
  }
  return { node, update };
}

/**
 * A row that can show what is odd about its line; `price` is that of a letter.
 * @typedef {{ showNotice: (notices: ReadonlyMap<string, string>, price: number | null, waits: boolean) => void }} OddRow
 */

/**
 * Return the part of a script that shows in its rows which lines came out odd, and what another take of each costs.
 * @param {ViewContext} context
 * @param {Watch} watch
 * @param {number} number
 * @param {() => Iterable<OddRow>} rows
 */
export function oddLines(context, watch, number, rows) {
  /** @type {ReadonlyMap<string, string>} */
  let notices = new Map();
  let waits = false;
  /** @type {number | null} */
  let price = null;
  const show = () => {
    for (const row of rows()) row.showNotice(notices, price, waits);
  };
  const ask = againPrice(watch.storyId, context.signal, number, (now) => {
    price = now;
    show();
  });
  /** @param {Story} story @param {ChapterAlone | null} chapter */
  const update = (story, chapter) => {
    notices = lineNotices(chapter);
    waits = Boolean(story.task_id);
    if (notices.size && !waits) ask(story, [...notices.keys()]);
    show();
  };
  return { update };
}

/**
 * Return what is to be said of lines, by their ids.
 * @param {Pick<ChapterAlone, "notices"> | null} chapter
 * @returns {Map<string, string>}
 */
export const lineNotices = (chapter) =>
  new Map((chapter?.notices ?? []).flatMap(({ line_id, message }) => (line_id === null ? [] : [[line_id, message]])));
