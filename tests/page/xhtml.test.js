import assert from "node:assert/strict";
import { test } from "node:test";
import { parseMarkup } from "../../chalicelib/web/script/markup.js";
import { paragraphsOf } from "../../chalicelib/web/script/xhtml.js";

const read = (markup) => paragraphsOf(parseMarkup(markup));

test("headings are marked, and paragraphs are joined to one line each", () => {
  const markup = "\n <h1>The\n  Lamp</h1>\n<p>It <em>rained</em>.\n   Then\tit stopped.</p><h4>Later</h4>";
  assert.deepEqual(read(markup), ["# The Lamp", "It rained. Then it stopped.", "Later"]);
});

test("only the body is read, and what stands outside of paragraphs is one too", () => {
  const markup = "<html><head><title>Not this</title></head><body>One.<div>Two.<p>Three.</p>Four.</div></body></html>";
  assert.deepEqual(read(markup), ["One.", "Two.", "Three.", "Four."]);
});

test("a line end is kept, a rule is three stars, and space around either is not", () => {
  assert.deepEqual(read("<p>Roses <br/>\n are red</p><hr/><p>A<br><br><br>B</p>"), [
    "Roses\nare red",
    "* * *",
    "A\n\nB",
  ]);
});

test("a heading is one line; where it is only a picture, what stands for it is read", () => {
  assert.deepEqual(read("<h2>Chapter 1<br/><span>The Owl</span></h2>"), ["# Chapter 1 The Owl"]);
  assert.deepEqual(read("<h2><div>Chapter 1</div><div>The Owl</div></h2>"), ["# Chapter 1 The Owl"]);
  assert.deepEqual(read('<h2><img alt="Chapter 2"/></h2>'), ["# Chapter 2"]);
  assert.deepEqual(read('<h2><img alt="an owl"/>Chapter 3</h2>'), ["# Chapter 3"]);
  assert.deepEqual(read('<h2><img src="a.png"/></h2><p><img alt="An owl"/></p>'), []);
});

test("notes, their marks, page numbers, scripts and hidden things are not read", () => {
  const marks = '<a epub:type="noteref">1</a><sup role="doc-noteref">2</sup><span epub:type="x pagebreak">42</span>';
  const note = '<aside epub:type="footnote"><p>See above.</p></aside><p hidden="">Nothing</p>';
  const rest = "<script>alert(1)</script><style>p {}</style><svg><text>x</text></svg><nav>Contents</nav>";
  assert.deepEqual(read(`<p>It rained${marks}.</p>${note}${rest}`), ["It rained."]);
  assert.deepEqual(read('<h1>Rain<a epub:type="noteref">1</a></h1>'), ["# Rain"]);
});

test("the base of a ruby is read once, soft hyphens and hard spaces are nothing or spaces", () => {
  assert.deepEqual(read("<p><ruby>雨<rt>あめ</rt></ruby> foot&shy;ball&nbsp; match</p>"), ["雨 football match"]);
});

test("verse keeps its lines, a table has a line for each row", () => {
  assert.deepEqual(read("<pre>Roses\n  are red\n</pre>"), ["Roses\nare red"]);
  const row = (...cells) => `<tr>${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`;
  assert.deepEqual(read(`<table>${row("Ada", 7)}${row("Bruno", 8)}</table>`), ["Ada 7", "Bruno 8"]);
});
