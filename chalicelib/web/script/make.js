/** The views of a story's form: an idea or a text becomes a draft, which can be changed. Nothing is paid for yet. */

/** @import { Story } from "../types/openapi.d.ts" */
/** @import { Draft } from "./store.js" */
/** @import { ViewContext } from "./viewcontext.js" */

import { get, patch, post } from "./api.js";
import { el } from "./dom.js";
import { announce, errorPanel } from "./notices.js";
import { canBeContinued, earlierBook, sequelNote } from "./sequel.js";
import { draft, nextDraft } from "./store.js";
import { StoryForm } from "./storyform.js";
import { draftOf, nextDraftOf } from "./wishfields.js";

/**
 * Show the form of a new story.
 * @param {ViewContext} context
 */
export function makeView(context) {
  context.heading("New story");
  const form = new StoryForm(context.signal, { kept: draft.get(), keep: draft.set });
  form.onSend = async (story) => {
    const { story_id } = await post("/stories", {}, story);
    draft.clear();
    return story_id;
  };
  context.add(form.node);
}

/**
 * Show the form of the book that follows a story, filled with that story's wishes.
 * @param {ViewContext} context
 * @param {string} storyId
 */
export function nextView(context, storyId) {
  context.heading("The next book");
  openForm(context, storyId, (story) => {
    if (!canBeContinued(story)) throw new Error("A story can be continued once every chapter is written.");
    const place = nextDraft(storyId);
    const leave = () => {
      const typed = form.draft();
      const waiting = draft.get();
      // What was typed goes along, unless it would replace another story that is being thought of.
      if ((typed.prompt || typed.text) && !waiting?.prompt && !waiting?.text) {
        draft.set(typed);
        place.clear();
      }
      location.hash = "#/new";
    };
    const form = new StoryForm(context.signal, {
      kept: place.get() ?? nextDraftOf(story),
      keep: place.set,
      sequel: sequelNote(story, leave),
      asBefore: true,
    });
    form.onSend = async (fields) => {
      const { story_id } = await post("/stories", {}, { ...fields, sequel_of: storyId });
      place.clear();
      return story_id;
    };
    return form.node;
  });
}

/**
 * Show the form of a draft, filled with what it has.
 * @param {ViewContext} context
 * @param {string} storyId
 */
export function changeView(context, storyId) {
  context.heading("Change the story");
  openForm(context, storyId, async (story) => {
    if (story.cast.length || story.task_id)
      throw new Error("The story is planned already, so this can no longer change.");
    return changeForm(context, story, await earlierBook(story.sequel_of));
  });
}

/**
 * Fetch a story, and show the form that is made of it, or why there is none.
 * @param {ViewContext} context
 * @param {string} storyId
 * @param {(story: Story) => Node | Promise<Node>} makeForm
 */
async function openForm(context, storyId, makeForm) {
  const body = el("div", {}, el("p", { class: "loading", role: "status" }, "Loading the story…"));
  context.add(body);
  try {
    const form = await makeForm(await get("/stories/{story_id}", { story_id: storyId }));
    if (!context.signal.aborted) body.replaceChildren(form);
  } catch (error) {
    if (context.signal.aborted) return;
    body.replaceChildren(errorPanel(error), el("p", {}, el("a", { href: `#/story/${storyId}` }, "Back to the story")));
  }
}

/**
 * @param {ViewContext} context
 * @param {Story} story
 * @param {Story | null} earlier the book that it continues
 */
function changeForm(context, story, earlier) {
  const place = el("div");
  let changed = false;
  context.unsaved = () => changed;

  /** @param {Draft} kept @param {string | null} sequelOf */
  function show(kept, sequelOf) {
    const leave = () => {
      changed = true;
      show(form.draft(), null).focus();
      announce("This story stands on its own now.");
    };
    const form = new StoryForm(context.signal, {
      kept,
      keep: () => {
        changed = true;
      },
      manuscript: story.manuscript,
      sequel: sequelOf ? sequelNote(earlier, leave) : null,
      wayBack: el("a", { href: `#/story/${story.story_id}` }, "Back to the story"),
    });
    form.onSend = async (fields) => {
      // What is empty now is taken back: a field that is left out would stay as it was.
      const emptied = { prompt: null, title: null, num_chapters: null, audience: null, tone: null, language: null };
      const open = { minutes_per_chapter: null, point_of_view: null };
      // Only a text stays where its field is empty.
      const text = form.source.told ? {} : { text: null };
      // The book before may have been deleted: it is named only where it no longer counts.
      const alone = sequelOf === story.sequel_of ? {} : { sequel_of: null };
      const body = { ...emptied, ...open, ...text, ...alone, ...fields };
      await patch("/stories/{story_id}", { story_id: story.story_id }, body);
      changed = false;
      announce("Saved.");
      return story.story_id;
    };
    place.replaceChildren(form.node);
    return form;
  }

  show(draftOf(story), story.sequel_of);
  return place;
}
