/** Building blocks of the DOM. Text is always a text node, never markup. */

const SVG_NAMESPACE = "http://www.w3.org/2000/svg";

const ICONS = {
  play: "M8 5v14l11-7z",
  pause: "M7 5h4v14H7zM13 5h4v14h-4z",
  previous: "M6 6h2v12H6zM9.5 12l8.5 6V6z",
  next: "M6 18l8.5-6L6 6zM16 6h2v12h-2z",
  back: "M12 5V1L7 6l5 5V7a6 6 0 1 1-6 6H4a8 8 0 1 0 8-8z",
  forward: "M12 5V1l5 5-5 5V7a6 6 0 1 0 6 6h2a8 8 0 1 1-8-8z",
  left: "M15 6l1.4 1.4L11.8 12l4.6 4.6L15 18l-6-6z",
  right: "M9 6l6 6-6 6-1.4-1.4 4.6-4.6-4.6-4.6z",
  download: "M11 4h2v8l3-3 1.4 1.4L12 15.8l-5.4-5.4L8 9l3 3zM5 18h14v2H5z",
  stop: "M7 7h10v10H7z",
  lock: "M17 10V8A5 5 0 0 0 7 8v2H5v11h14V10zM9 10V8a3 3 0 0 1 6 0v2z",
  bookmark: "M6 3h12v18l-6-4.500L6 21zM8 5v12l4-3 4 3V5z",
  close:
    "M6.400 5L12 10.600 17.600 5 19 6.400 13.400 12l5.600 5.600-1.400 1.400L12 13.400 6.400 19 5 17.600 10.600 12 5 6.400z",
  bin: "M4 6h16v1.500H4zM9 3h6v1.500H9zM6 9h1.500l.8 10.500h7.400L16.5 9H18l-1 12H7z",
};

/** @typedef {keyof typeof ICONS} IconName */
/** @typedef {string | number | boolean | null | undefined} AttributeValue */
/** @typedef {Readonly<Record<string, AttributeValue>>} Attributes */
/** @typedef {Node | string | false | null | undefined} Child */

/**
 * Find an element of index.html; throw where there is none of this kind.
 * @template {Element} T
 * @param {string} selector
 * @param {new () => T} kind
 */
export function find(selector, kind) {
  const node = document.querySelector(selector);
  if (!(node instanceof kind)) throw new Error(`The page has no ${selector}.`);
  return node;
}

/** Return the address of the page's icon. */
export const iconAddress = () => find("link[rel=icon]", HTMLLinkElement).href;

/**
 * Make an element with attributes and children. Strings are text; false, null and undefined leave one out.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Attributes} [attributes]
 * @param {...Child} children
 */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "value") Object.assign(node, { value });
    else if (value !== false && value != null) node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.filter((child) => child != null && child !== false));
  return node;
}

/**
 * Make an SVG element with attributes and children.
 * @param {"svg" | "path" | "rect" | "text"} tag
 * @param {Readonly<Record<string, string | number>>} attributes
 * @param {...(Node | string)} children
 */
export function svg(tag, attributes, ...children) {
  const node = document.createElementNS(SVG_NAMESPACE, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  node.append(...children);
  return node;
}

/**
 * Make a decorative icon; `label` is drawn into its middle.
 * @param {IconName} name
 * @param {string} [label]
 */
export function icon(name, label = "") {
  const picture = svg("svg", { viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true" });
  picture.append(svg("path", { d: ICONS[name] }));
  if (label) picture.append(svg("text", { x: "12", y: "15.5", "text-anchor": "middle", "font-size": "7" }, label));
  return picture;
}

/**
 * Make a button; its class is `primary`, `quiet` or nothing.
 * @param {string} label
 * @param {() => void} onClick
 * @param {Attributes} [attributes]
 */
export function button(label, onClick, attributes = {}) {
  const node = el("button", { type: "button", ...attributes }, label);
  node.addEventListener("click", () => onClick());
  return node;
}

/**
 * Make a round button that shows an icon alone; `label` says what it does.
 * @param {IconName} name
 * @param {string} label
 * @param {() => void} onClick
 * @param {Attributes} [attributes]
 */
export function iconButton(name, label, onClick, attributes = {}) {
  const node = button("", onClick, { class: "round", "aria-label": label, ...attributes });
  node.replaceChildren(icon(name));
  return node;
}

/**
 * Change a node's text only where it differs: a live region stays silent, a selection stays.
 * @param {Node} node
 * @param {string} text
 */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/**
 * Set or remove an attribute, only where it differs.
 * @param {Element} node
 * @param {string} name
 * @param {AttributeValue} value
 */
export function setAttribute(node, name, value) {
  if (value == null || value === false) node.removeAttribute(name);
  else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, String(value));
}

/**
 * A list that is patched in place: an item is known by its key, and keeps its row.
 * @template Item
 * @template {{ node: HTMLElement, update: (item: Item) => void }} Row
 */
export class Rows {
  /** @type {Map<string | number, Row>} */
  #rows = new Map();

  /**
   * @param {HTMLElement} parent
   * @param {(item: Item) => string | number} keyOf
   * @param {(item: Item) => Row} create
   */
  constructor(parent, keyOf, create) {
    this.parent = parent;
    this.keyOf = keyOf;
    this.create = create;
  }

  /**
   * Show exactly these items, in this order, keeping the rows of those that were there.
   * @param {readonly Item[]} items
   */
  show(items) {
    const before = this.#rows;
    this.#rows = new Map();
    for (const item of items) {
      const key = this.keyOf(item);
      const row = before.get(key) ?? this.create(item);
      before.delete(key);
      row.update(item);
      this.#rows.set(key, row);
    }
    for (const removed of before.values()) removed.node.remove();
    /** @type {ChildNode | null} */
    let following = this.parent.firstChild;
    for (const { node } of this.#rows.values()) {
      if (node === following) following = following.nextSibling;
      else this.parent.insertBefore(node, following);
    }
  }

  /**
   * Return the row of a key, or undefined.
   * @param {string | number} key
   */
  get(key) {
    return this.#rows.get(key);
  }

  /** Return all rows, in order. */
  all() {
    return this.#rows.values();
  }
}
