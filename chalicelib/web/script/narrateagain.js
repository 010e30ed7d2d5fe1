/** What a change has made out of date: how many chapters, what they cost, and the button that narrates them again. */

/** @import { Story } from "../types/openapi.d.ts" */
/** @import { ViewContext } from "./viewcontext.js" */
/** @import { Watch } from "./watch.js" */

import { post } from "./api.js";
import { againSentence, outOfDate } from "./castwords.js";
import { button, el, setText } from "./dom.js";
import { demonstration } from "./embedded.js";
import { estimateOf, latest, stateOf } from "./estimate.js";
import { runAction } from "./notices.js";
import { paymentError } from "./payment.js";

/** The sentence and its button; they stand where the change was made. */
export class NarrateAgain {
  #sentence = el("p", { "aria-live": "polite" });
  #error;
  #button = button("Narrate again", () => runAction(this.#button, this.#error, () => this.#start()));
  /** @type {number[]} */
  #chapters = [];
  #asking;

  /**
   * @param {ViewContext} context
   * @param {Watch} watch
   */
  constructor(context, watch) {
    this.watch = watch;
    this.#error = paymentError(context.signal);
    this.node = el("div", { hidden: true }, this.#sentence, this.#error.node);
    const free = demonstration().includes("narrator");
    this.#asking = latest({
      clear: () => setText(this.#sentence, againSentence(this.#chapters.length, null)),
      load: (/** @type {number[]} */ chapters) => estimateOf(watch.storyId, { chapters }),
      show: ({ cost_usd }) => {
        if (!context.signal.aborted) setText(this.#sentence, againSentence(this.#chapters.length, cost_usd, free));
      },
      fail: () => setText(this.#sentence, againSentence(this.#chapters.length, null)),
    });
  }

  /**
   * Stand where something was changed just now.
   * @param {HTMLElement} place
   * @param {HTMLElement} actions where the buttons are
   */
  showIn(place, actions) {
    this.#error.clear();
    place.append(this.node);
    actions.prepend(this.#button);
  }

  /** @param {Story} story */
  update(story) {
    const chapters = outOfDate(story);
    // Where nothing was changed in this view, the story's own button says what there is to narrate.
    this.node.hidden = chapters.length === 0 || Boolean(story.task_id) || !this.node.parentElement;
    this.#button.hidden = this.node.hidden;
    this.#chapters = chapters;
    if (story.task_id) this.node.remove();
    if (this.node.hidden) this.#asking.forget();
    else this.#asking.ask(`${stateOf(story)} ${chapters.join(" ")}`, chapters);
  }

  async #start() {
    try {
      await post("/stories/{story_id}/audio", { story_id: this.watch.storyId }, { chapters: this.#chapters });
    } finally {
      await this.watch.refresh();
    }
  }
}
