/** The stage of one view: its main element, its one heading, and its end. */

import { el, setAttribute, setText } from "./dom.js";
import { announce } from "./notices.js";

/** What a view draws on; `signal` aborts when somebody moves on. */
export class Stage {
  #ending = new AbortController();
  #heading = el("h1", { tabindex: -1 });
  #moved;

  /** Whether leaving would lose something; asked by the router. */
  unsaved = () => false;

  /** `moved`: somebody came from another view, and the focus goes along. */
  constructor(main, moved) {
    this.main = main;
    this.#moved = moved;
    main.replaceChildren(this.#heading);
  }

  get signal() {
    return this.#ending.signal;
  }

  /** Name the view, in its heading and in the window's title; again when the name is known better. */
  heading(title, language) {
    const before = this.#heading.textContent;
    setText(this.#heading, title);
    setAttribute(this.#heading, "lang", language);
    document.title = `${title} · Fireside`;
    if (!before && this.#moved) this.#heading.focus({ preventScroll: true });
    if (before && before !== title && document.activeElement === this.#heading) announce(title);
  }

  /** Add to the view, below what is there. */
  add(...nodes) {
    this.main.append(...nodes);
  }

  end() {
    this.#ending.abort();
  }
}
