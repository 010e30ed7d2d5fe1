/** A story: where it stands, what can be done next, and its chapters. */

/** @import { Story } from "../types/openapi.d.ts" */
/** @import { ChapterItem } from "./chapterrow.js" */
/** @import { ViewContext } from "./viewcontext.js" */
/** @import { Watch } from "./watch.js" */

import { patch } from "./api.js";
import { bookFiles } from "./bookfiles.js";
import { castRoom } from "./castroom.js";
import { chapterRow } from "./chapterrow.js";
import { coverPicture } from "./cover.js";
import { deleteStory } from "./deleting.js";
import { button, el, Rows, setAttribute, setText } from "./dom.js";
import { date, languageName, length, plural } from "./format.js";
import { fetchLater } from "./lazy.js";
import { LIMITS } from "./limits.js";
import { NarrateAgain } from "./narrateagain.js";
import { Pronunciations } from "./pronunciations.js";
import { renaming } from "./renaming.js";
import { continuesLine, nextBookLink } from "./sequel.js";
import { shareFold } from "./sharefold.js";
import { storyActions } from "./storyactions.js";
import { storyError, taskPanel, taskSentence } from "./taskpanel.js";
import { watchStory } from "./watch.js";
import { shownStatus, storySentence, totalSeconds } from "./words.js";

/**
 * Show the view.
 * @param {ViewContext} context
 * @param {string} storyId
 */
export function storyView(context, storyId) {
  context.heading("Story");
  const body = el("div", {}, el("p", { class: "loading", role: "status" }, "Loading the story…"));
  context.add(body);
  /** @type {((story: Story) => void) | null} */
  let update = null;
  watchStory(storyId, context.signal, (watch) => {
    if (watch.story) {
      update ??= storyBody(context, body, watch, watch.story);
      update(watch.story);
    } else if (watch.error) {
      update = null;
      if (watch.error.status === 404) context.heading("Story not found");
      body.replaceChildren(storyError(watch));
    }
  });
}

/**
 * Build the view's body once; return the function that patches it.
 * @param {ViewContext} context
 * @param {HTMLElement} body
 * @param {Watch} watch
 * @param {Story} first
 */
function storyBody(context, body, watch, first) {
  const byline = el("p", { class: "byline" });
  const status = el("p", { class: "status", role: "status" });
  const about = aboutStory(context, watch, first);
  const actions = storyActions(context, watch);
  const list = el("ol", { class: "chapters" });
  const rows = new Rows(list, /** @param {ChapterItem} item */ ({ chapter }) => chapter.number, chapterRow);
  const book = bookFiles(watch);
  const rest = storyRest(watch);
  const cover = coverPicture();
  const facts = el("div", { class: "grow" }, byline, continuesLine(first, context.signal), status);
  body.replaceChildren(el("div", { class: "book" }, cover.node, facts));
  const share = shareFold(context.signal, watch.storyId);
  const panel = taskPanel(body);
  body.append(askPart(context, watch));
  const keeping = keepingPart(context, watch);
  body.append(actions.node, about.node, el("h2", {}, "Chapters"), list, keeping, book.node, rest.node, share.node);
  context.onPlayer(["change"], () => {
    for (const row of rows.all()) row.updatePlayer();
    actions.updatePlace();
  });

  /** @param {Story} story */
  return (story) => {
    context.heading(story.title, story.language);
    cover.update(story.cover);
    setText(byline, storyByline(story));
    setText(status, watch.running || watch.error ? taskSentence(watch) : storySentence(story, watch.lastTask));
    setAttribute(status, "data-state", watch.running ? "generating" : shownStatus(story, watch.lastTask));
    panel.show(watch);
    about.update(story);
    actions.update(story);
    rows.show(story.chapters.map((chapter) => ({ story, chapter })));
    book.update(story);
    rest.update(story);
    share.update(story);
  };
}

/**
 * Make the place of what offers to tell when the story is ready, which is fetched once something is being made.
 * @param {ViewContext} context
 * @param {Watch} watch
 */
function askPart({ signal }, watch) {
  const node = el("div");
  let asked = false;
  watchStory(watch.storyId, signal, async ({ running }) => {
    if (asked || !running) return;
    asked = true;
    const later = await fetchLater().catch(() => null);
    if (signal.aborted || !later) return;
    const ask = later.readyAsk(watch);
    node.replaceChildren(ask.node);
    watchStory(watch.storyId, signal, ask.update);
  });
  return node;
}

/**
 * Make the place of what keeps the story on this device, which is fetched once there is something to keep.
 * @param {ViewContext} context
 * @param {Watch} watch
 */
function keepingPart({ signal }, watch) {
  const node = el("div");
  let asked = false;
  watchStory(watch.storyId, signal, async ({ story }) => {
    if (asked || !story?.chapters.some(({ audio }) => audio)) return;
    asked = true;
    const later = await fetchLater().catch(() => null);
    asked = later !== null;
    if (signal.aborted || !later) return;
    const tools = later.keepingTools(watch);
    node.replaceChildren(tools.node);
    watchStory(watch.storyId, signal, (now) => now.story && tools.update(now.story));
  });
  return node;
}

/** @param {Story} story */
function storyByline(story) {
  const seconds = totalSeconds(story);
  const parts = [plural(story.num_chapters, "chapter"), languageName(story.language) ?? story.language];
  if (seconds) parts.push(length(seconds));
  return [...parts, date(story.created_at)].join(" · ");
}

/**
 * Make what the story is made from: the idea, or how the text begins that is read out, with its size.
 * @param {Story} story
 */
function originOf({ prompt, manuscript, language }) {
  const idea = el("p", { class: "prompt", dir: "auto" }, prompt);
  if (!manuscript) return el("details", {}, el("summary", {}, "The idea"), idea);
  return el(
    "details",
    {},
    el("summary", {}, "A text of your own"),
    el("p", { class: "prompt", dir: "auto", lang: language }, manuscript.opening),
    el("p", { class: "hint" }, `${plural(manuscript.characters, "character")}, read out word for word.`),
    prompt && el("p", { class: "hint" }, "What the author knows about it:"),
    prompt && idea,
  );
}

/**
 * Make what lies behind the chapters, folded away: what the story is made from, its cast, and how words are said.
 * @param {ViewContext} context
 * @param {Watch} watch
 * @param {Story} first
 */
function aboutStory(context, watch, first) {
  const again = new NarrateAgain(context, watch);
  const cast = castRoom(context, watch, again);
  const sayings = new Pronunciations(context, watch, again);
  const node = el("div", { class: "about" }, originOf(first), cast.node, sayings.node);
  /** @param {Story} story */
  const update = (story) => {
    cast.update(story);
    sayings.update(story);
    again.update(story);
  };
  return { node, update };
}

/**
 * Make what else can be done with the story as a whole: continue it, rename it, delete it.
 * @param {Watch} watch
 */
function storyRest(watch) {
  const leave = async () => {
    if (watch.story && (await deleteStory(watch.story))) location.hash = "#/";
  };
  const bin = button("Delete story", leave, { class: "quiet" });
  const title = renaming("story", "Rename story", LIMITS.ChangeStory.title.maxLength, async (now) => {
    await patch("/stories/{story_id}", { story_id: watch.storyId }, { title: now });
    await watch.refresh();
  });
  const next = nextBookLink(watch.storyId);
  const change = el("a", { href: `#/story/${watch.storyId}/change` }, "Change the draft");
  const actions = el("div", { class: "actions" }, next.node, change);
  const node = el("div", { class: "files" }, actions, el("div", { class: "actions" }, title.node, bin));
  /** @param {Story} story */
  const update = (story) => {
    // Once it is planned, the idea is what the plan was made from.
    change.hidden = story.cast.length > 0 || Boolean(story.task_id);
    next.update(story);
    title.update(story.title, !change.hidden || Boolean(story.task_id));
  };
  return { node, update };
}
