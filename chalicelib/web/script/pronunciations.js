/** How the words of a story are said: what applies, and what the author proposes. */

/** @import { Story } from "../types/openapi.d.ts" */
/** @import { NarrateAgain } from "./narrateagain.js" */
/** @import { Saying } from "./sayings.js" */
/** @import { ViewContext } from "./viewcontext.js" */
/** @import { Watch } from "./watch.js" */

import { ApiError, patch } from "./api.js";
import { button, el, setText } from "./dom.js";
import { plural } from "./format.js";
import { formError, runAction } from "./notices.js";
import { SAYINGS_HINT, SayingFields } from "./sayingfields.js";
import { openProposals, rowsOf, saidAlike, sayingsOf } from "./sayings.js";

const BAD_REQUEST = 400;
const SUMMARY = "How words are said";

/** The section, folded away; there is one once a story is planned. */
export class Pronunciations {
  #summary = el("summary", {}, SUMMARY);
  #why = el("p", { class: "hint", id: "sayings-why" });
  #fields = new SayingFields(() => {});
  #save = el("button", { "aria-describedby": this.#why.id }, "Save");
  #error = formError();
  #done = el("p", { role: "status" });
  #price = el("div");
  #next = el("div", { class: "actions" });
  #proposals = el("div", { class: "proposals", hidden: true });
  /** What the story has. @type {Readonly<Record<string, string>>} */
  #saved = {};
  #shown = "";

  /**
   * @param {ViewContext} context
   * @param {Watch} watch
   * @param {NarrateAgain} again
   */
  constructor(context, watch, again) {
    this.watch = watch;
    this.again = again;
    const actions = el("div", { class: "actions" }, this.#save);
    const form = el(
      "form",
      { novalidate: true },
      el("p", { class: "hint" }, SAYINGS_HINT),
      this.#proposals,
      this.#fields.node,
      this.#why,
      this.#error.node,
      actions,
      el("div", { class: "outcome" }, this.#done, this.#price, this.#next),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      runAction(this.#save, this.#error, () => this.#send());
    });
    this.node = el("details", { class: "room", hidden: true }, this.#summary, form);
    const before = context.unsaved;
    context.unsaved = () => before() || this.#changed();
  }

  /** @param {Story} story */
  update(story) {
    this.node.hidden = story.cast.length === 0;
    if (!saidAlike(story.pronunciations, this.#saved) && !this.#changed())
      this.#fields.fill(rowsOf(story.pronunciations));
    this.#saved = story.pronunciations;
    const waits = Boolean(story.task_id);
    setText(this.#why, waits ? "You can change this once Fireside has finished working on the story." : "");
    if (waits) setText(this.#done, "");
    this.#propose(openProposals(story.proposed_pronunciations, story.pronunciations));
    this.#save.disabled = waits;
    this.#fields.disable(waits);
    for (const each of this.#proposals.querySelectorAll("button")) each.disabled = waits;
  }

  /** Whether something is typed in that is not saved. */
  #changed() {
    return !saidAlike(sayingsOf(this.#fields.draft()), this.#saved);
  }

  /** @param {readonly Saying[]} open */
  #propose(open) {
    setText(this.#summary, open.length ? `${SUMMARY} (${plural(open.length, "proposal")})` : SUMMARY);
    const key = JSON.stringify(open);
    if (key === this.#shown) return;
    this.#shown = key;
    this.#proposals.hidden = open.length === 0;
    const items = open.map((one) => {
      const use = button("Use it", () => this.#use(use, [one]), { "aria-label": `Use it: ${one.word}` });
      return el("li", {}, el("span", {}, el("b", {}, one.word), ` is said “${one.say}”`), use);
    });
    const all = open.length > 1 && button("Use all", () => all && this.#use(all, open));
    this.#proposals.replaceChildren(
      el("p", {}, "The author would have these words said so:"),
      el("ul", {}, ...items),
      all || "",
    );
  }

  /**
   * @param {HTMLElement} pressed
   * @param {readonly Saying[]} sayings
   */
  #use(pressed, sayings) {
    const typed = this.#fields.draft();
    for (const saying of sayings) {
      if (!typed.some(({ word }) => word.trim() === saying.word)) this.#fields.add(saying);
    }
    runAction(pressed, this.#error, async () => {
      if (await this.#send()) this.#summary.focus();
    });
  }

  /** Save what is typed in; return whether it is saved. */
  async #send() {
    setText(this.#done, "");
    const pronunciations = this.#fields.value();
    if (!pronunciations) return false;
    try {
      const story = await patch("/stories/{story_id}", { story_id: this.watch.storyId }, { pronunciations });
      this.#saved = story.pronunciations;
      if (this.#changed()) this.#fields.fill(rowsOf(story.pronunciations));
      const narrated = story.chapters.some(({ audio }) => audio);
      const stale = story.chapters.some(({ audio }) => audio?.out_of_date);
      setText(this.#done, narrated && !stale ? "Saved. No chapter has to be narrated again." : "Saved.");
      this.again.showIn(this.#price, this.#next);
      return true;
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== BAD_REQUEST) throw error;
      this.#fields.refuse(error.message);
      return false;
    } finally {
      await this.watch.refresh();
    }
  }
}
