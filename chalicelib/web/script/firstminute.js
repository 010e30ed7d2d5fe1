/** The first minute: what somebody sees who has no story yet. A tale to hear at once, and ideas to start from. */

/** @import { Story } from "../types/openapi.d.ts" */
/** @import { Starter } from "./ideas.js" */
/** @import { ViewContext } from "./viewcontext.js" */

import { togglePlayback } from "./chapterrow.js";
import { confirmed } from "./dialog.js";
import { button, el, iconAddress, setAttribute, setText } from "./dom.js";
import { demonstration } from "./embedded.js";
import { isOurs, STARTERS } from "./ideas.js";
import { player } from "./player.js";
import { draft } from "./store.js";
import { watchStory } from "./watch.js";
import { emptyDraft } from "./wishfields.js";
import { taleSentence } from "./words.js";

const AGAIN_MS = 2000;

const LEAD =
  "The fire is lit and the chairs are empty. Give Fireside an idea and it tells you a story, or a text of yours and " +
  "it reads it to you.";
const SHOWN = "In this demonstration you hear the story that Fireside ships with and that suits the idea best.";

/**
 * Make what is shown; `tale` is the id of a story that was made to be heard first, or "".
 * @param {ViewContext} context
 * @param {string} tale
 */
export function firstMinute(context, tale) {
  const ideas = STARTERS.map((starter) => el("li", {}, ideaButton(starter)));
  return el(
    "div",
    { class: "welcome" },
    tale ? talePart(context, tale) : el("img", { src: iconAddress(), alt: "", width: 72, height: 72 }),
    el("p", { class: "lead" }, LEAD),
    el("h2", {}, tale ? "Then start from an idea" : "Start from an idea"),
    demonstration().includes("author") && el("p", { class: "hint" }, SHOWN),
    el("ul", { class: "starters", role: "list" }, ...ideas),
    el("p", {}, el("a", { class: tale ? "button" : "button primary", href: "#/new" }, "New story")),
  );
}

/** @param {Starter} starter */
function ideaButton(starter) {
  const node = button("", () => startFrom(starter), { class: "starter" });
  node.append(el("b", {}, starter.kind), " ", el("span", {}, starter.prompt));
  return node;
}

/**
 * Fill the form of a new story with an idea, and go there.
 * @param {Starter} starter
 */
async function startFrom({ prompt, audience }) {
  const kept = draft.get() ?? emptyDraft();
  const go = () => {
    draft.set({ ...kept, source: "idea", prompt, audience: kept.audience || audience });
    location.hash = "#/new";
  };
  if (isOurs(kept.prompt)) {
    go();
    return;
  }
  await confirmed(
    {
      heading: "Take this idea?",
      sentences: ["You have begun to write one of your own. It would be replaced."],
      yes: "Take the idea",
      no: "Keep mine",
    },
    go,
  );
}

/**
 * Make the offer to hear a tale, which may still be in the making.
 * @param {ViewContext} context
 * @param {string} storyId
 */
function talePart(context, storyId) {
  const title = el("a", { class: "title", href: `#/story/${storyId}` });
  const state = el("p", { class: "byline", role: "status" });
  const play = button("Play", () => chapter && togglePlayback(storyId, chapter), { class: "primary", hidden: true });
  let chapter = 0;
  /** @type {Story | null} */
  let tale = null;

  function showPlaying() {
    const word = chapter && player.holds(storyId, player.number) && player.playing ? "Pause" : "Play";
    setText(play, word);
    setAttribute(play, "aria-label", `${word} ${tale?.title ?? ""}`);
  }
  const watch = watchStory(storyId, context.signal, ({ story }) => {
    if (!story) return;
    tale = story;
    chapter = story.chapters.find(({ audio }) => audio)?.number ?? 0;
    setText(title, story.title);
    setAttribute(title, "lang", story.language);
    setText(state, taleSentence(story));
    play.hidden = !chapter;
    showPlaying();
  });
  // A watch follows a task that runs; this one may not have been started yet.
  const timer = setInterval(() => tale?.status === "draft" && !watch.running && watch.refresh(), AGAIN_MS);
  context.signal.addEventListener("abort", () => clearInterval(timer));
  context.onPlayer(["change"], showPlaying);
  return el(
    "section",
    { class: "tale", "aria-labelledby": "tale" },
    el("h2", { id: "tale" }, "Listen to one first"),
    el("p", {}, title),
    state,
    el("div", { class: "actions" }, play),
  );
}
