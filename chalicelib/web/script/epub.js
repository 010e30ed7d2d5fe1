/** An EPUB book as text: its chapters in the order in which they are read. */

/** @import { Element } from "./markup.js" */

import { decodeText } from "./decoding.js";
import { elementsOf, parseMarkup, textOf } from "./markup.js";
import { paragraphsOf } from "./xhtml.js";
import { Zip } from "./zip.js";

/**
 * Return a book's title, or "", and its text; throw an error with a sentence where it cannot be read.
 * @param {Uint8Array<ArrayBuffer>} bytes the whole file
 */
export async function readEpub(bytes) {
  const zip = new Zip(bytes);
  const container = await markupOf(zip, "META-INF/container.xml");
  const root = container && elementsOf(container, "rootfile")[0]?.attributes.get("full-path");
  const book = root ? await markupOf(zip, root) : null;
  if (!root || !book) throw new Error("This is neither a text nor an EPUB book.");
  const paths = readingOrder(root, book);
  await ensureOpen(zip, paths);
  const paragraphs = [];
  for (const path of paths) {
    const chapter = await markupOf(zip, path);
    if (!chapter) throw new Error(`This book is not complete: ${path} is missing.`);
    paragraphs.push(...paragraphsOf(chapter));
  }
  if (!paragraphs.length) throw new Error("There is no text in this book.");
  const [title] = elementsOf(book, "title");
  return { title: title ? textOf(title).replace(/\s+/g, " ").trim() : "", text: paragraphs.join("\n\n") };
}

/**
 * List the paths of what is read, in order: without the table of contents, and what the book calls no part of it.
 * @param {string} root the path of the file that lists them
 * @param {Element} book that file
 */
export function readingOrder(root, book) {
  const items = new Map(elementsOf(book, "item").map(({ attributes }) => [attributes.get("id"), attributes]));
  const paths = elementsOf(book, "itemref").flatMap(({ attributes }) => {
    const item = items.get(attributes.get("idref"));
    const isPart = attributes.get("linear") !== "no" && !item?.get("properties")?.split(/\s+/).includes("nav");
    return isPart && item?.get("media-type")?.includes("html") ? [pathOf(root, item.get("href") ?? "")] : [];
  });
  return [...new Set(paths)];
}

/**
 * Return the path in the archive that an address in one of its files means.
 * @param {string} from the path of that file; "" for the root of the archive
 * @param {string} href
 */
export function pathOf(from, href) {
  const base = `http://book/${from.split("/").map(encodeURIComponent).join("/")}`;
  try {
    return decodeURIComponent(new URL(href, base).pathname.slice(1));
  } catch {
    return href; // which leads nowhere
  }
}

/**
 * Throw an error if what is to be read is encrypted. Fonts often are, and are not read.
 * @param {Zip} zip
 * @param {readonly string[]} paths
 */
async function ensureOpen(zip, paths) {
  const encryption = await markupOf(zip, "META-INF/encryption.xml");
  if (!encryption) return;
  const references = elementsOf(encryption, "cipherreference");
  const closed = new Set(references.map(({ attributes }) => pathOf("", attributes.get("uri") ?? "")));
  if (paths.some((path) => closed.has(path)))
    throw new Error("This book is protected against copying (DRM), so its text cannot be read.");
}

/**
 * Return a file of the archive as markup; null where there is none.
 * @param {Zip} zip
 * @param {string} name
 */
async function markupOf(zip, name) {
  const content = await zip.read(name);
  return content && parseMarkup(decodeText(content));
}
