import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { ChapterCount } from "../../chalicelib/web/script/chaptercount.js";

const field = () => ({ value: "", validity: { badInput: false } });

beforeEach(() => {
  globalThis.document = { querySelector: () => ({ getAttribute: () => '{"num_chapters": 5}' }) };
});

test("an idea begins with the usual number, a text with none, and each keeps its own", () => {
  const count = new ChapterCount(field(), null, false);
  assert.equal(count.value(), 5);
  count.input.value = "3";
  count.update(true, false);
  assert.equal(count.value(), null);
  count.input.value = "12";
  count.update(false, false);
  assert.equal(count.value(), 3);
  assert.deepEqual(count.draft(), { chapters: "3", textChapters: "12" });
});

test("what is no number is not taken for an empty field, and is left to be corrected", () => {
  const input = field();
  const count = new ChapterCount(input, { chapters: "5", textChapters: "" }, true);
  input.validity.badInput = true;
  count.update(true, false);
  assert.ok(Number.isNaN(count.value()));
});

test("the number of a text that is replaced does not hold for the new one, unless it was typed in", () => {
  const count = new ChapterCount(field(), { chapters: "5", textChapters: "12" }, true);
  assert.equal(count.value(), 12);
  count.update(true, true);
  assert.equal(count.value(), null);
  count.update(true, false);
  assert.equal(count.value(), 12);
  count.input.value = "9";
  count.update(true, true);
  assert.equal(count.value(), 9);
});
