import assert from "node:assert/strict";
import { test } from "node:test";
import { chapterText } from "../../chalicelib/web/script/download.js";

test("a chapter as text has its title, its lines, and a mark where a scene begins", () => {
  const line = { line_id: "001", speaker: "Narrator", text: "It rained.", scene_break: true };
  const script = { lines: [line, { ...line, text: "It stopped." }, { ...line, text: "So?", scene_break: false }] };
  assert.equal(chapterText({ title: "Fog", script }), "Fog\n\nIt rained.\n\n* * *\n\nIt stopped.\n\nSo?");
  assert.equal(chapterText({ title: "Fog", script: null }), "Fog");
});
