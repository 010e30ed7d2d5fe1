import assert from "node:assert/strict";
import { test } from "node:test";
import { lineNotices } from "../../chalicelib/web/script/lineagain.js";

const notice = (line_id, message) => ({ line_id, code: "odd_sound", message });

test("what is to be said of lines is found by their ids, and what is said of the chapter is not among it", () => {
  const notices = [notice("003", "Too short."), notice(null, "More."), notice("007", "Silent.")];
  assert.deepEqual(
    [...lineNotices({ notices })],
    [
      ["003", "Too short."],
      ["007", "Silent."],
    ],
  );
});

test("a chapter that is not there, or that an older answer describes, has none", () => {
  assert.equal(lineNotices(null).size, 0);
  assert.equal(lineNotices({}).size, 0);
});
