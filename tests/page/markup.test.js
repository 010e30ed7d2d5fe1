import assert from "node:assert/strict";
import { test } from "node:test";
import { elementsOf, parseMarkup, textOf } from "../../chalicelib/web/script/markup.js";

/** Elements as arrays of their name, their attributes if they have any, and what is in them. */
const plain = (node) => {
  if (typeof node === "string") return node;
  const attributes = node.attributes.size ? [Object.fromEntries(node.attributes)] : [];
  return [node.name, ...attributes, ...node.children.map(plain)];
};
const parse = (text) => parseMarkup(text).children.map(plain);

test("elements are in one another, with their attributes and their text", () => {
  assert.deepEqual(parse("<p class=\"a\" ID='b' hidden title=c>It <em>rained</em>.</p>"), [
    ["p", { class: "a", id: "b", hidden: "", title: "c" }, "It ", ["em", "rained"], "."],
  ]);
});

test("names have no prefix and no capitals; an attribute keeps its prefix", () => {
  assert.deepEqual(parse('<opf:Item Epub:Type="x"/><P>A</p>'), [
    ["item", { "epub:type": "x" }],
    ["p", "A"],
  ]);
});

test("an element may end at once, or never where HTML has it so", () => {
  assert.deepEqual(parse('<p><a id="x"/>A<br>B<br/>C<img src="d"></p><title/>E'), [
    ["p", ["a", { id: "x" }], "A", ["br"], "B", ["br"], "C", ["img", { src: "d" }]],
    ["title"],
    "E",
  ]);
});

test("an end that is missing or too many changes nothing outside", () => {
  assert.deepEqual(parse("<div><p>A<p>B</div></i>C"), [["div", ["p", "A", ["p", "B"]]], "C"]);
});

test("comments, declarations, scripts and styles are not read, and what XML quotes is", () => {
  const text = '<?xml version="1.0"?><!DOCTYPE html><p>A<!-- <b> > --><![CDATA[<B> &amp; ]]></p>';
  assert.deepEqual(parse(text), [["p", "A", "<B> &amp; "]]);
  assert.deepEqual(
    parse("A<script>if (a<b) it's('</p>')</script>B<svg:style>p > a {}</svg:style>C<script src='a/b.js'/>D"),
    ["A", "B", "C", "D"],
  );
  assert.deepEqual(parse("<scripture>A</scripture>"), [["scripture", "A"]]);
});

test("characters are read by number and by name, and what is none stays", () => {
  assert.deepEqual(parse("&#8220;&#x201D;&amp;&lt;&apos;&nbsp;&mdash;&eacute;&Eacute;&hearts;&sup2;"), [
    "“”&<'\u00a0—éÉ♥²",
  ]);
  assert.deepEqual(parse("&#0;&#x110000;&nothing; R&D &copy"), ["\ufffd\ufffd&nothing; R&D &copy"]);
  assert.deepEqual(parse('<i alt="&quot;Ada&quot; &gt; 1"/>'), [["i", { alt: '"Ada" > 1' }]]);
});

test("a sign that begins nothing is text, and so is a quotation mark", () => {
  assert.equal(textOf(parseMarkup('1 < 2, "it\'s" <3')), '1 < 2, "it\'s" <3');
  assert.equal(textOf(parseMarkup('<p title="a > b">c</p>')), "c");
});

test("elements are found by name, wherever they are", () => {
  const root = parseMarkup("<a><b>1</b><c><b>2<b>3</b></b></c></a>");
  assert.deepEqual(elementsOf(root, "b").map(textOf), ["1", "23", "3"]);
});

test("a hundred thousand elements in one another, and marks that never end, are read in time", () => {
  const began = performance.now();
  assert.equal(textOf(parseMarkup(`${"<i>".repeat(100_000)}A`)), "A");
  parseMarkup("<p ".repeat(20_000));
  parseMarkup(`<p title="${"x".repeat(1_000_000)}`);
  parseMarkup("<!--".repeat(5000));
  assert.ok(performance.now() - began < 3000);
});
