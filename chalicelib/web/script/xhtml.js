/** The text of a chapter of an EPUB: its headings and paragraphs, without what is not read out. */

/** @import { Element, Markup } from "./markup.js" */

import { elementsOf } from "./markup.js";

/** @param {string} names */
const setOf = (names) => new Set(names.split(" "));

const HEADINGS = setOf("h1 h2 h3");
const BLOCKS = setOf(
  "address article aside blockquote body caption center dd details div dl dt figcaption figure footer form h4 h5 h6 " +
    "header hr li main ol p pre section summary table tbody tfoot thead tr ul",
);

/** What elements without a text of their own stand for; the cells of a table are words of one line. */
const MARKS = new Map([
  ["hr", "* * *"],
  ["br", "\n"],
  ["td", " "],
  ["th", " "],
]);

/** `rt` and `rp` say how the characters before them are read, and are not text themselves. */
const SILENT = setOf(
  "audio button canvas head iframe math nav noscript object rp rt script select style svg template title video",
);

/** The marks of notes, the notes, which make no sense without them, and the numbers of pages. */
const ASIDES = setOf(
  "endnote endnotes footnote footnotes noteref pagebreak rearnote rearnotes doc-endnote doc-endnotes doc-footnote " +
    "doc-noteref doc-pagebreak",
);

/**
 * List the paragraphs of a chapter. A heading is a line such as `# The Lamp`, a rule `* * *`.
 * @param {Element} chapter
 */
export function paragraphsOf(chapter) {
  const reading = new Reading();
  reading.read(elementsOf(chapter, "body")[0] ?? chapter, false);
  reading.close();
  return reading.paragraphs;
}

/** What has been read: whole paragraphs, and the one that is still open. */
class Reading {
  /** @type {string[]} */
  paragraphs = [];
  #open = "";

  /** End the paragraph that is open. */
  close() {
    const text = tidy(this.#open);
    if (text) this.paragraphs.push(text);
    this.#open = "";
  }

  /**
   * @param {Markup} node
   * @param {boolean} verbatim whether line ends count
   */
  read(node, verbatim) {
    if (typeof node === "string") this.#open += verbatim ? node : node.replace(/\s+/g, " ");
    else if (!isSilent(node)) this.#readElement(node, verbatim);
  }

  /**
   * @param {Element} element
   * @param {boolean} verbatim
   */
  #readElement(element, verbatim) {
    const { name } = element;
    const heading = HEADINGS.has(name);
    const alone = heading || BLOCKS.has(name);
    if (alone) this.close();
    this.#open += heading ? headingOf(element) : (MARKS.get(name) ?? "");
    if (!heading) for (const child of element.children) this.read(child, verbatim || name === "pre");
    if (alone) this.close();
  }
}

/**
 * Return a heading as one line; one that is only a picture has the words that stand for it.
 * @param {Element} heading
 */
function headingOf(heading) {
  const pictures = elementsOf(heading, "img").map(({ attributes }) => attributes.get("alt") ?? "");
  const text = oneLine(wordsOf(heading)) || oneLine(pictures.join(" "));
  return text && `# ${text}`;
}

/**
 * @param {Markup} node
 * @returns {string}
 */
function wordsOf(node) {
  if (typeof node === "string") return node;
  if (isSilent(node)) return "";
  const inner = node.children.map(wordsOf).join("");
  return node.name === "br" || BLOCKS.has(node.name) ? ` ${inner} ` : inner;
}

/** @param {Element} element */
function isSilent({ name, attributes }) {
  if (SILENT.has(name) || attributes.has("hidden")) return true;
  const types = `${attributes.get("epub:type") ?? ""} ${attributes.get("role") ?? ""}`;
  return types.split(/\s+/).some((type) => ASIDES.has(type));
}

/** Soft hyphens say where a word may be broken. */
const SOFT_HYPHENS = /\u00ad/g;

/** @param {string} text */
const oneLine = (text) => text.replace(SOFT_HYPHENS, "").replace(/\s+/g, " ").trim();

/** @param {string} text */
const tidy = (text) =>
  text
    .split("\n")
    .map(oneLine)
    .join("\n")
    .replace(/\n{3,}/g, "\n\n")
    .trim();
