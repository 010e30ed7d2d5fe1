import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeText } from "../../chalicelib/web/script/decoding.js";
import { readTextFile } from "../../chalicelib/web/script/textfile.js";
import { zipOf } from "./zipping.js";

const file = (...parts) => new File(parts, "a.txt");
const read = async (...parts) => (await readTextFile(file(...parts))).text;

test("UTF-8 is read, with or without its mark", async () => {
  assert.equal(await read("Grüße, 雨"), "Grüße, 雨");
  assert.equal(await read(Uint8Array.of(0xef, 0xbb, 0xbf), "Ada"), "Ada");
});

test("what is no UTF-8 is read as old Windows wrote it, or as UTF-16 where it says so", () => {
  assert.equal(decodeText(Uint8Array.of(0x47, 0x72, 0xfc, 0xdf, 0x65)), "Grüße"); // Node 20 knows no quotation marks of it
  assert.equal(decodeText(Uint8Array.of(0xff, 0xfe, 0x41, 0, 0xe8, 0x96)), "A雨");
  assert.equal(decodeText(Uint8Array.of(0xfe, 0xff, 0, 0x41, 0x96, 0xe8)), "A雨");
});

test("lines end as they do in a text field", async () => {
  assert.equal(await read("One\r\nTwo\rThree\n"), "One\nTwo\nThree\n");
});

test("a text may have as many characters as the API takes, and one that is longer says how long it is", async () => {
  assert.equal((await read("🦊".repeat(300_000))).length, 600_000);
  await assert.rejects(read("x".repeat(300_001)), /This text has 300,001 characters; up to 300,000 .* Paste a part/);
});

test("a file may have 20 MB", async () => {
  await assert.rejects(read(new Uint8Array(20 * 1024 * 1024 + 1)), /up to 20 MB; this one has 20.1 MB/);
  await assert.rejects(read(new Uint8Array(20 * 1024 * 1024)), /neither a text nor an EPUB/);
});

test("what holds no text says so", async () => {
  await assert.rejects(read("\n \n"), /no text/);
  await assert.rejects(read("%PDF-1.7\n", Uint8Array.of(1, 0, 2)), /neither a text nor an EPUB/);
  await assert.rejects(read(zipOf([{ name: "word/document.xml", data: "<w/>" }])), /neither a text nor an EPUB/);
  await assert.rejects(read(zipOf([{ name: "a", data: "b" }]).slice(0, 60)), /damaged/);
});
