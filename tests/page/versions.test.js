import assert from "node:assert/strict";
import { test } from "node:test";
import { versionSentence } from "../../chalicelib/web/script/versions.js";

const VERSION = { version: "v", made_at: "2026-11-27T10:15:00.000Z", by: "person", words: 870, audio: true };

test("an earlier text says whose it is, of when, and whether it can be heard", () => {
  const sentence = versionSentence(/** @type {any} */ (VERSION));
  assert.match(sentence, /^Yours, Nov 2\d, 2026, .*: 870 words, narrated$/);
  assert.match(versionSentence({ ...VERSION, by: "author", words: 1, audio: false }), /^The author’s, .*: 1 word$/);
});
