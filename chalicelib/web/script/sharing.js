/** Sharing a story: links that play it without signing in, each with a podcast feed. */

/** @import { ListedShare, MadeShare } from "../types/openapi.d.ts" */

import { get, post, remove } from "./api.js";
import { confirmed } from "./dialog.js";
import { button, el, Rows, setText } from "./dom.js";
import { choices, field } from "./fields.js";
import { date, dateAndTime } from "./format.js";
import { announce, formError, runAction } from "./notices.js";

/** @type {ReadonlyArray<readonly [string, string]>} */
const DAYS = [
  ["7", "7 days"],
  ["30", "30 days"],
  ["90", "90 days"],
  ["365", "a year"],
];

const HOME = /^(127\.0\.0\.1|localhost)$/;
const PATH = "/stories/{story_id}/shares";

/**
 * Make what is in the fold: a form for a new link, and those that there are.
 * @param {string} storyId
 * @param {readonly ListedShare[]} first
 */
export function sharePanel(storyId, first) {
  const error = formError();
  const days = field("share-days", "How long should the link work?", choices(DAYS, "30"));
  const make = button("Make a link", () => runAction(make, error, makeLink), { class: "primary" });
  const made = el("div", { class: "share-made" });
  let shownId = "";
  const list = shareList(storyId, (revoked) => {
    if (revoked === shownId) made.replaceChildren();
  });
  list.show(first);

  async function makeLink() {
    const share = await post(PATH, { story_id: storyId }, { days: Number(days.input.value) });
    shownId = share.share_id;
    made.replaceChildren(...shownOnce(share));
    announce("The link is ready.");
    list.show((await get(PATH, { story_id: storyId })).shares);
  }
  const about = ["Anybody who has the link can listen without signing in, to this story and nothing else."];
  if (HOME.test(location.hostname)) about.push("A link that is made here works on this machine alone.");
  return el(
    "div",
    { class: "share-panel" },
    el("p", { class: "hint" }, about.join(" ")),
    days.node,
    error.node,
    el("div", { class: "actions" }, make),
    made,
    list.node,
  );
}

/**
 * Make the addresses of a new share, which can be copied now and are shown nowhere again.
 * @param {MadeShare} share
 */
function shownOnce({ url, feed_url: feed }) {
  return [
    el("p", { class: "hint" }, "Copy what you need now: these addresses are not shown again."),
    ...address("share-link", "Link to listen", "Open it in any browser.", url),
    ...address("share-feed", "Podcast feed", "Add this address to a podcast app. It is as private as the link.", feed),
  ];
}

/**
 * @param {string} name
 * @param {string} label
 * @param {string} hint
 * @param {string} value
 */
function address(name, label, hint, value) {
  const input = el("input", { value, readonly: true, spellcheck: "false" });
  const row = field(name, label, input, hint);
  const error = formError();
  const copied = async () => {
    input.select();
    try {
      await navigator.clipboard.writeText(value);
    } catch {
      throw new Error("Your browser does not let this page copy; the address is marked for you to copy it.");
    }
    setText(copy, "Copied");
    announce(`${label}: copied.`);
  };
  const copy = button("Copy", () => runAction(copy, error, copied), { "aria-label": `Copy ${label.toLowerCase()}` });
  return [row.node, error.node, el("div", { class: "actions" }, copy)];
}

/**
 * Make the list of links, each of which can be revoked.
 * @param {string} storyId
 * @param {(shareId: string) => void} onRevoked
 */
function shareList(storyId, onRevoked) {
  const heading = el("h3", {}, "Links that work");
  const list = el("ul", { class: "shares" });
  const node = el("div", { hidden: true }, heading, list);
  /** @type {readonly ListedShare[]} */
  let shown = [];
  const rows = new Rows(list, /** @param {ListedShare} share */ ({ share_id }) => share_id, row);
  /** @param {readonly ListedShare[]} shares */
  const show = (shares) => {
    shown = shares;
    node.hidden = !shares.length;
    rows.show(shares);
  };

  /** @param {ListedShare} share */
  function row({ share_id, created_at, expires_at }) {
    const made = dateAndTime(created_at);
    const words = `Made on ${made}, works until ${date(expires_at)}`;
    const question = {
      heading: "Revoke this link?",
      sentences: ["The link and its podcast feed stop working at once, for everybody who has them."],
      yes: "Revoke link",
      no: "Keep it",
    };
    const revoke = async () => {
      const gone = await confirmed(question, () => remove(`${PATH}/{share_id}`, { story_id: storyId, share_id }));
      if (!gone) return;
      show(shown.filter((share) => share.share_id !== share_id));
      onRevoked(share_id);
      announce("The link has been revoked.");
    };
    const end = button("Revoke", revoke, {
      class: "quiet",
      "aria-label": `Revoke the link made on ${made}`,
    });
    return { node: el("li", {}, el("span", {}, words), end), update: () => {} };
  }
  return { node, show };
}
