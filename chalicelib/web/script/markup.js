/**
 * XML and XHTML as a tree of elements. It is read here, not by the browser's DOMParser: the page's security policy lets
 * no text become a document, and would complain of every style in it.
 */

import { ENTITIES } from "./entities.js";

/** @typedef {{ name: string, attributes: ReadonlyMap<string, string>, children: Markup[] }} Element */
/** @typedef {Element | string} Markup an element, or text */

/** A script or a style, a comment and a declaration are left out. */
const SKIPPED = String.raw`<(?:\w+:)?(script|style)\b(?:[^>]*/>|[\s\S]*?</(?:\w+:)?\1\s*>)|<!--[\s\S]*?-->`;
const QUOTED = String.raw`<!\[CDATA\[([\s\S]*?)\]\]>|<[!?][^>]*>`;
const END = String.raw`</([^\s>]+)[^>]*>`;
const START = String.raw`<([a-z_][^\s/>]*)((?:[^<>"']|"[^"]*"|'[^']*')*)>`;
const TOKENS = new RegExp(`${SKIPPED}|${QUOTED}|${END}|${START}|([^<]+|<)`, "gi");
const ATTRIBUTES = /([^\s=/"'<>]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'<>]+)))?/g;
const REFERENCES = /&(?:#[xX]([0-9a-fA-F]{1,6})|#([0-9]{1,7})|(\w+));/g;

/** Elements that HTML never ends. */
const VOID = new Set("area base br col embed hr img input link meta source track wbr".split(" "));

/** Elements within one another; what is deeper stands side by side. */
const DEEPEST = 500;

/**
 * Read a document. Names are in lower case and without a prefix, those of attributes in lower case.
 * @param {string} text
 */
export function parseMarkup(text) {
  const tree = new Tree();
  for (const [token, , quoted, end, start, attributes = "", plain] of text.matchAll(TOKENS)) {
    if (start) tree.open(elementOf(localName(start), attributes), token.endsWith("/>"));
    else if (end) tree.close(localName(end));
    else tree.add(quoted ?? decoded(plain ?? ""));
  }
  return tree.root;
}

/** A tree while it is read. */
class Tree {
  root = elementOf("", "");
  #open = [this.root];

  /** @param {Markup} child */
  add(child) {
    if (child) (this.#open.at(-1) ?? this.root).children.push(child);
  }

  /**
   * Add an element, and what follows to it, unless it ends at once.
   * @param {Element} element
   * @param {boolean} ended
   */
  open(element, ended) {
    this.add(element);
    if (!ended && !VOID.has(element.name) && this.#open.length < DEEPEST) this.#open.push(element);
  }

  /**
   * End the innermost element of a name, and those within it that have no end. An end without a beginning is none.
   * @param {string} name
   */
  close(name) {
    const at = this.#open.findLastIndex((element) => element.name === name);
    if (at > 0) this.#open.length = at;
  }
}

/**
 * List the elements of a name, in order.
 * @param {Element} root
 * @param {string} name
 * @returns {Element[]}
 */
export const elementsOf = (root, name) =>
  root.children.flatMap((child) => {
    if (typeof child === "string") return [];
    return [...(child.name === name ? [child] : []), ...elementsOf(child, name)];
  });

/**
 * Return all text in an element.
 * @param {Markup} node
 * @returns {string}
 */
export const textOf = (node) => (typeof node === "string" ? node : node.children.map(textOf).join(""));

/**
 * @param {string} name
 * @param {string} attributes
 * @returns {Element}
 */
function elementOf(name, attributes) {
  const values = [...attributes.matchAll(ATTRIBUTES)].map(
    ([, key = "", ...quoted]) => /** @type {const} */ ([key.toLowerCase(), decoded(quoted.find((one) => one) ?? "")]),
  );
  return { name, attributes: new Map(values), children: [] };
}

/** @param {string} name */
const localName = (name) => name.slice(name.indexOf(":") + 1).toLowerCase();

/**
 * Put characters in place of their references, such as `&amp;`; an unknown one stays.
 * @param {string} text
 */
const decoded = (text) =>
  text.replace(REFERENCES, (reference, hexadecimal, decimal, name) => {
    if (name) return ENTITIES.get(name) ?? reference;
    const code = hexadecimal ? Number.parseInt(hexadecimal, 16) : Number(decimal);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : "\ufffd";
  });
