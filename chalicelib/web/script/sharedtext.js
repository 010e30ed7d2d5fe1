/** The words of a shared story's chapter: who says what, and the line that is being spoken. */

import { cueAt, parseLines } from "./captions.js";
import { el, find, iconButton, setAttribute, setText } from "./dom.js";
import { isVisible, reveal } from "./revealing.js";
import { fetchCaptions } from "./sharedstory.js";

/** @import { SpokenLine } from "./captions.js" */
/** @import { SharedPlayer } from "./sharedplayer.js" */

/** Show the words of the chapter that is chosen, and follow its sound. */
export class SharedText {
  #player;
  #section = find("#text", HTMLElement);
  #list = find("#lines", HTMLElement);
  #number = 0;
  /** @type {SpokenLine[]} */
  #lines = [];
  /** @type {Element | null} */
  #spoken = null;

  /** @param {SharedPlayer} player */
  constructor(player) {
    this.#player = player;
    player.addEventListener("time", () => this.#follow());
  }

  /** Show a chapter's words; nothing where they cannot be had. @param {number} number @param {string} title */
  async show(number, title) {
    if (this.#number === number) return;
    this.#number = number;
    const lines = parseLines(await fetchCaptions(number));
    // Another chapter may have been chosen meanwhile.
    if (this.#number !== number) return;
    [this.#lines, this.#spoken] = [lines, null];
    setText(find("#text-heading", HTMLElement), title);
    this.#list.replaceChildren(...lines.map((line, at) => this.#row(line, lines[at - 1]?.speaker === line.speaker)));
    this.#section.hidden = !lines.length;
    this.#follow();
  }

  /** @param {SpokenLine} line @param {boolean} same whether the speaker is that of the line before */
  #row(line, same) {
    const text = el("p", { id: `line-${line.id}`, dir: "auto" }, line.text);
    const play = () => this.#player.play(this.#number, line.start);
    const from = iconButton("play", "Play from here", play, {
      class: "round from",
      title: "Play from here",
      "aria-describedby": text.id,
    });
    const speaker = el("p", { class: "speaker" }, el("b", {}, line.speaker));
    const node = el("li", { class: `line${same ? " same" : ""}`, "data-line": line.id }, speaker, text, from);
    text.addEventListener("click", () => {
      // Somebody who marks words to copy them does not want to go there.
      if (getSelection()?.isCollapsed !== false) play();
    });
    return node;
  }

  /** Mark the line that is being spoken, and scroll along as long as the reader stays near. */
  #follow() {
    const here = this.#player.number === this.#number;
    const at = here ? this.#lines.indexOf(/** @type {SpokenLine} */ (cueAt(this.#lines, this.#player.position))) : -1;
    const now = this.#list.children[at] ?? null;
    if (now === this.#spoken) return;
    // The first line moves nothing: a listener who presses Play at the top of the page stays there.
    const near = this.#spoken !== null && isVisible(this.#spoken);
    if (this.#spoken) setAttribute(this.#spoken, "aria-current", null);
    if (now) setAttribute(now, "aria-current", "true");
    this.#spoken = now;
    if (now && near && this.#player.playing) reveal(now);
  }
}
