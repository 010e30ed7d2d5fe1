/** What one view draws on: the main element, its one heading, and a signal for its end. */

import { el, setAttribute, setText } from "./dom.js";
import { announce } from "./notices.js";
import { player } from "./player.js";
import { titleView } from "./titles.js";

/** The context of a view; `signal` aborts when the user moves on. */
export class ViewContext {
  #ending = new AbortController();
  #heading = el("h1", { tabindex: -1 });
  #takesFocus;

  /** Whether leaving would lose something; the router asks. */
  unsaved = () => false;

  /**
   * @param {HTMLElement} main
   * @param {boolean} takesFocus whether the user came from another view, so that the focus moves along
   */
  constructor(main, takesFocus) {
    this.main = main;
    this.#takesFocus = takesFocus;
    main.replaceChildren(this.#heading);
  }

  get signal() {
    return this.#ending.signal;
  }

  /**
   * Name the view, in its heading and in the window's title; call it again when a better name is known.
   * @param {string} title
   * @param {string} [language]
   */
  heading(title, language) {
    const before = this.#heading.textContent;
    setText(this.#heading, title);
    setAttribute(this.#heading, "lang", language);
    titleView(title);
    if (!before && this.#takesFocus) this.#heading.focus({ preventScroll: true });
    if (before && before !== title && document.activeElement === this.#heading) announce(title);
  }

  /**
   * Add to the view, below what is there.
   * @param {...Node} nodes
   */
  add(...nodes) {
    this.main.append(...nodes);
  }

  /**
   * Listen to the player until the view ends; the listener is called at once, for the current state.
   * @param {ReadonlyArray<"change" | "time">} names
   * @param {() => void} listener
   */
  onPlayer(names, listener) {
    for (const name of names) player.addEventListener(name, listener, { signal: this.signal });
    listener();
  }

  /** Abort everything that the view still does. */
  end() {
    this.#ending.abort();
  }
}
