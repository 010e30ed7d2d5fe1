/** One of the cast: who they are, which voice is theirs and why, and what can be done about it. */

/** @import { CastMember, Story } from "../types/openapi.d.ts" */
/** @import { VoicesById } from "./castwords.js" */
/** @import { NarrateAgain } from "./narrateagain.js" */
/** @import { ViewContext } from "./viewcontext.js" */
/** @import { Watch } from "./watch.js" */

import { patch } from "./api.js";
import {
  backSentence,
  changedSentence,
  characterWords,
  holdersOf,
  missingSentence,
  outOfDate,
  reasonSentence,
  speakerName,
  voiceTraits,
} from "./castwords.js";
import { button, el, icon, setText } from "./dom.js";
import { firstLine, heardChapters } from "./hearline.js";
import { formError, runAction } from "./notices.js";
import { player } from "./player.js";
import { sampleButton } from "./samplebutton.js";
import { voiceChoice } from "./voicechoice.js";

/** The id of the sentence that says why no voice can be changed now. */
export const WHY = "cast-why";

/** @typedef {{ member: CastMember, members: readonly CastMember[], story: Story, voices: VoicesById }} CastItem */

let serial = 0;

/** A row of `Rows`. */
export class CastRow {
  #voice = el("b");
  #traits = el("span");
  #reason = el("p", { class: "hint" });
  #missing = el("p", { class: "missing" });
  #character = el("p", { class: "hint" });
  #error = formError();
  #sample;
  #line = button("Hear a line", () => runAction(this.#line, this.#error, () => this.#playLine()));
  #another = button("Another voice", () => this.#open(), { "aria-expanded": "false", "aria-describedby": WHY });
  #keep = button("Keep this voice", () => runAction(this.#keep, this.#error, () => this.#keepVoice()), {
    "aria-describedby": WHY,
  });
  #choice = el("div", { hidden: true });
  #done = el("p", { role: "status" });
  #price = el("div");
  #back = button("Take it back", () => runAction(this.#back, this.#error, () => this.#takeBack()), { hidden: true });
  #next = el("div", { class: "actions" }, this.#back);
  /** The voice that they had before it was changed here. @type {string | null} */
  #earlier = null;

  /**
   * @param {ViewContext} context
   * @param {Watch} watch
   * @param {NarrateAgain} again
   * @param {CastItem} item
   */
  constructor(context, watch, again, item) {
    this.context = context;
    this.watch = watch;
    this.again = again;
    this.item = item;
    this.#sample = sampleButton(context.signal, this.#error);
    const outcome = el("div", { class: "outcome" }, this.#done, this.#price, this.#next);
    const { speaker } = item.member;
    const who = el("div", {}, el("p", { class: "who" }, speaker), this.#character);
    const voice = el("div", {}, el("p", {}, this.#voice, this.#traits), this.#reason, this.#missing);
    const tools = el("div", { class: "actions" }, this.#sample.node, this.#line, this.#another, this.#keep);
    const rest = el("div", { class: "grow" }, tools, this.#choice, this.#error.node, outcome);
    this.#line.setAttribute("aria-label", `Hear a line: ${speaker}`);
    this.#another.setAttribute("aria-label", `Another voice for ${speaker}`);
    this.#keep.setAttribute("aria-label", `Keep this voice for ${speaker}`);
    this.node = el("li", {}, who, el("div", { class: "theirs" }, voice, rest));
  }

  /** @param {CastItem} item */
  update(item) {
    this.item = item;
    const { member, members, story, voices } = item;
    const own = voices.get(member.voice_id ?? "");
    const kept = member.reason === "person" || member.reason === "kept";
    const planned = story.cast.length > 0;
    const waits = Boolean(story.task_id);
    setText(this.#character, characterWords(member.character));
    setText(this.#voice, own?.name ?? (member.voice_id ? "A voice that is not in the list" : "Not cast yet"));
    setText(this.#traits, own ? voiceTraits(own) : "");
    const reason = reasonSentence(member, members, story.sequel_of !== null);
    if (this.#reason.textContent !== reason) this.#reason.replaceChildren(...(kept ? [icon("lock")] : []), reason);
    setText(this.#missing, missingSentence(member, voices));
    this.#sample.update(voices.get(member.heard_in ?? member.voice_id ?? "") ?? null);
    this.#line.hidden = !this.#sample.node.hidden || heardChapters(story).length === 0;
    this.#another.hidden = !planned || voices.size === 0;
    this.#keep.hidden = !planned || kept || !member.voice_id;
    this.#another.disabled = this.#keep.disabled = waits;
    if (waits) this.#settle();
  }

  /** Show the list of voices, or hide it. */
  #open() {
    const { member, members, voices } = this.item;
    if (!this.#choice.hidden) {
      this.#close();
      return;
    }
    const label = el("span", {}, "Another voice", el("span", { class: "unseen" }, ` for ${member.speaker}`));
    const { node, select } = voiceChoice(this.context.signal, `recast-${++serial}`, label, {
      voices: [...voices.values()],
      chosen: member.voice_id ?? "",
      holders: holdersOf(members, member.speaker),
    });
    const use = button("Use this voice", () => runAction(use, this.#error, () => this.#use(select.value)), {
      class: "primary",
    });
    this.#choice.replaceChildren(
      node,
      el(
        "div",
        { class: "actions" },
        use,
        button("Cancel", () => this.#close()),
      ),
    );
    this.#choice.hidden = false;
    this.#another.setAttribute("aria-expanded", "true");
    select.focus();
  }

  #close() {
    const focused = this.#choice.contains(document.activeElement);
    this.#choice.hidden = true;
    this.#choice.replaceChildren();
    this.#another.setAttribute("aria-expanded", "false");
    if (focused) this.#another.focus();
  }

  /** @param {string} voiceId */
  async #use(voiceId) {
    const before = this.item.member.voice_id;
    if (voiceId === before) {
      await this.#keepVoice();
      this.#close();
      return;
    }
    const name = await this.#recast(voiceId);
    this.#close();
    // What one comes back to is the voice from before all that was tried.
    this.#earlier ??= before;
    const back = this.#earlier === voiceId;
    if (back) this.#earlier = null;
    this.#say(back ? backSentence(this.item.member.speaker, name) : changedSentence(this.item.member.speaker, name));
  }

  async #takeBack() {
    if (!this.#earlier) return;
    const name = await this.#recast(this.#earlier);
    this.#earlier = null;
    this.#say(backSentence(this.item.member.speaker, name));
    this.#another.focus();
  }

  async #keepVoice() {
    const { speaker, voice_id } = this.item.member;
    const name = await this.#recast(voice_id ?? "");
    setText(this.#done, `${speakerName(speaker)} keeps ${name ? `${name}’s` : "this"} voice, in the next book too.`);
    this.#another.focus();
  }

  /**
   * Give them a voice; return its name.
   * @param {string} voiceId
   */
  async #recast(voiceId) {
    const voices = { [this.item.member.speaker]: voiceId };
    try {
      await patch("/stories/{story_id}", { story_id: this.watch.storyId }, { voices });
    } finally {
      await this.watch.refresh();
    }
    return this.item.voices.get(voiceId)?.name ?? "";
  }

  /**
   * Say what a change means, and stand what it costs below that.
   * @param {string} sentence
   */
  #say(sentence) {
    const { story } = this.watch;
    const narrated = story?.chapters.some(({ audio }) => audio);
    const nothing = narrated && story && outOfDate(story).length === 0;
    setText(this.#done, nothing ? `${sentence} No chapter has to be narrated again.` : sentence);
    this.#back.hidden = this.#earlier === null;
    this.again.showIn(this.#price, this.#next);
    if (story) this.again.update(story);
  }

  /** What was changed is being narrated, or something else is being done: it is no longer what was done last. */
  #settle() {
    this.#earlier = null;
    this.#back.hidden = true;
    setText(this.#done, "");
    if (!this.#choice.hidden) this.#close();
  }

  async #playLine() {
    const { member, story } = this.item;
    const line = await firstLine(story, member.speaker);
    if (!line) throw new Error(`${speakerName(member.speaker)} has no line that is narrated yet.`);
    player.play(story.story_id, line.number, line.start);
  }
}
