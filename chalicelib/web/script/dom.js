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
  bin: "M4 6h16v1.500H4zM9 3h6v1.500H9zM6 9h1.500l.8 10.500h7.400L16.5 9H18l-1 12H7z",
};

/** An element with attributes (`class`, `on: {click}`; false and null leave one out) and children; strings are text. */
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name === "on") for (const [event, listener] of Object.entries(value)) node.addEventListener(event, listener);
    else if (name === "value") node.value = value;
    else if (value !== false && value != null) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child != null && child !== false));
  return node;
}

/** An SVG element with attributes and children. */
export function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS(SVG_NAMESPACE, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

/** A decorative icon; `label` is drawn into its middle. */
export function icon(name, label = "") {
  const picture = svg("svg", { viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true" });
  picture.append(svg("path", { d: ICONS[name] }));
  if (label) picture.append(svg("text", { x: "12", y: "15.5", "text-anchor": "middle", "font-size": "7" }, label));
  return picture;
}

/** A button; `props.class` is `primary`, `quiet` or nothing. */
export function button(label, onClick, props = {}, ...before) {
  return el("button", { type: "button", ...props, on: { click: onClick } }, ...before, label);
}

/** Change a node's text only where it differs: a live region stays silent, a selection stays. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Set or take away an attribute, only where it differs. */
export function setAttribute(node, name, value) {
  if (value == null || value === false) node.removeAttribute(name);
  else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
}

/** A list that is patched in place: `create(item)` gives `{node, update}`, and an item is known by its key. */
export class Rows {
  #rows = new Map();

  constructor(parent, keyOf, create) {
    this.parent = parent;
    this.keyOf = keyOf;
    this.create = create;
  }

  /** Show exactly these items, in this order, keeping the nodes of those that were there. */
  show(items) {
    const before = this.#rows;
    this.#rows = new Map();
    for (const item of items) {
      const key = this.keyOf(item);
      const row = before.get(key) ?? this.create(item);
      before.delete(key);
      row.update?.(item);
      this.#rows.set(key, row);
    }
    for (const gone of before.values()) gone.node.remove();
    let following = this.parent.firstChild;
    for (const { node } of this.#rows.values()) {
      if (node === following) following = following.nextSibling;
      else this.parent.insertBefore(node, following);
    }
  }

  /** The row of a key, or undefined. */
  get(key) {
    return this.#rows.get(key);
  }
}
