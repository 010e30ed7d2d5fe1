/** A file that a person opens to have it read out: plain text, Markdown, or an EPUB book. */

import { tooLong } from "./checks.js";
import { decodeText } from "./decoding.js";
import { readEpub } from "./epub.js";
import { LIMITS } from "./limits.js";

const MEGABYTE = 1024 * 1024;

/** Bytes of a file. Most of a large book are its pictures. */
const LARGEST = 20 * MEGABYTE;

/**
 * Return the text of a file, and its title where it has one, else ""; throw an error with a sentence where there is none.
 * @param {File} file
 */
export async function readTextFile(file) {
  if (file.size > LARGEST) {
    const size = Math.ceil((file.size / MEGABYTE) * 10) / 10;
    throw new Error(`A file may have up to ${LARGEST / MEGABYTE} MB; this one has ${size} MB.`);
  }
  const bytes = new Uint8Array(await file.arrayBuffer());
  const { title, text } = isZip(bytes) ? await readEpub(bytes) : { title: "", text: plainText(bytes) };
  const wrong = tooLong(text, LIMITS.CreateStory.text.maxLength);
  if (wrong) throw new Error(`${wrong} Paste a part of it instead.`);
  return { title, text };
}

/** @param {Uint8Array} bytes */
const isZip = ([first, second]) => first === 0x50 && second === 0x4b; // PK

/**
 * Return the text of a file that is nothing else, with the line ends that a text field has.
 * @param {Uint8Array} bytes
 */
function plainText(bytes) {
  const text = decodeText(bytes).replace(/\r\n?/g, "\n");
  if (text.includes("\0")) throw new Error("This is neither a text nor an EPUB book.");
  if (!text.trim()) throw new Error("There is no text in this file.");
  return text;
}
