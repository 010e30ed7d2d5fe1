import assert from "node:assert/strict";
import { test } from "node:test";
import { pathOf, readEpub, readingOrder } from "../../chalicelib/web/script/epub.js";
import { parseMarkup } from "../../chalicelib/web/script/markup.js";
import { zipOf } from "./zipping.js";

const item = (id, rest = 'media-type="application/xhtml+xml"') => `<item id="${id}" href="${id}.xhtml" ${rest}/>`;
const ref = (idref, rest = "") => `<itemref idref="${idref}" ${rest}/>`;
const book = (items, refs, title = "") =>
  `<?xml version="1.0"?><opf:package xmlns:opf="x"><metadata>${title}</metadata><manifest>${items.join("")}</manifest>` +
  `<spine toc="ncx">${refs.join("")}</spine></opf:package>`;
const order = (root, items, refs) => readingOrder(root, parseMarkup(book(items, refs)));

test("chapters are read in the order of the spine, not of the list of files", () => {
  const items = [item("one"), item("two").replace("<item", "<opf:item")];
  assert.deepEqual(order("OEBPS/book.opf", items, [ref("two"), ref("one", 'linear="yes"')]), [
    "OEBPS/two.xhtml",
    "OEBPS/one.xhtml",
  ]);
});

test("the table of contents, pictures, and what is beside the line of reading are left out", () => {
  const items = [
    item("toc", 'media-type="application/xhtml+xml" properties="scripted nav"'),
    item("cover", 'media-type="image/svg+xml"'),
    item("bare", ""),
    item("notes"),
    item("navy"),
    item("old", 'media-type="text/html"'),
  ];
  const refs = [
    ...["toc", "cover", "bare", "navy", "nowhere", "old", "navy"].map((id) => ref(id)),
    ref("notes", 'linear="no"'),
  ];
  assert.deepEqual(order("book.opf", items, refs), ["navy.xhtml", "old.xhtml"]);
});

test("an address leads from the file that has it, within the archive", () => {
  assert.equal(pathOf("OEBPS/book.opf", "text/1.xhtml"), "OEBPS/text/1.xhtml");
  assert.equal(pathOf("OEBPS/book.opf", "../text/1.xhtml#part"), "text/1.xhtml");
  assert.equal(pathOf("a b/ö.opf", "Chapter%201%20%C3%B6.xhtml"), "a b/Chapter 1 ö.xhtml");
  assert.equal(pathOf("a/b.opf", "chapter 1.xhtml"), "a/chapter 1.xhtml");
  assert.equal(pathOf("", "OEBPS/1.xhtml"), "OEBPS/1.xhtml");
  assert.equal(pathOf("a/b.opf", "../../../1.xhtml"), "1.xhtml");
  assert.equal(pathOf("a/b.opf", "50%.xhtml"), "50%.xhtml");
});

const CONTAINER = '<container><rootfiles><rootfile full-path="a/book.opf"/></rootfiles></container>';
const archive = (files) =>
  zipOf(Object.entries({ "META-INF/container.xml": CONTAINER, ...files }).map(([name, data]) => ({ name, data })));
const FILES = {
  "a/book.opf": book([item("one"), item("two")], [ref("one"), ref("two")], "<dc:title>Rain &amp;\n Snow</dc:title>"),
  "a/one.xhtml": "<html><head><title>x</title></head><body><h1>The Rain</h1><p>It rained.</p></body></html>",
  "a/two.xhtml": "<html><body><h1>The Snow</h1><p>It snowed.</p></body></html>",
};
const encryption = (uri) =>
  `<encryption xmlns:enc="x"><enc:EncryptedData><enc:CipherReference URI="${uri}"/></enc:EncryptedData></encryption>`;

test("a book is its title and the text of its chapters", async () => {
  assert.deepEqual(await readEpub(archive(FILES)), {
    title: "Rain & Snow",
    text: "# The Rain\n\nIt rained.\n\n# The Snow\n\nIt snowed.",
  });
});

test("a chapter in another encoding is read too", async () => {
  const chapter = Buffer.from('<?xml encoding="iso-8859-1"?><p>Grüße</p>', "latin1");
  assert.match((await readEpub(archive({ ...FILES, "a/one.xhtml": chapter }))).text, /^Grüße\n/);
});

test("encrypted fonts are in nobody's way, an encrypted chapter is", async () => {
  const locked = (uri) => readEpub(archive({ ...FILES, "META-INF/encryption.xml": encryption(uri) }));
  assert.equal((await locked("a/font.otf")).title, "Rain & Snow");
  await assert.rejects(locked("a/two.xhtml"), /protected against copying \(DRM\)/);
});

test("what is missing is named", async () => {
  await assert.rejects(readEpub(zipOf([])), /neither a text nor an EPUB book/);
  await assert.rejects(readEpub(archive({})), /neither a text nor an EPUB book/);
  await assert.rejects(readEpub(archive({ "META-INF/container.xml": "<container/>" })), /neither a text nor an EPUB/);
  const { "a/two.xhtml": _, ...some } = FILES;
  await assert.rejects(readEpub(archive(some)), /not complete: a\/two.xhtml is missing/);
  await assert.rejects(readEpub(archive({ "a/book.opf": "<package" })), /no text in this book/);
});
