import assert from "node:assert/strict";
import { test } from "node:test";
import { unspoken } from "../../chalicelib/web/script/unspoken.js";

test("a direction is named where no voice follows it, and where one does", () => {
  assert.match(unspoken("[whispers] Come.", false), /^\[whispers\] will not be spoken/);
  assert.match(unspoken("[whispers] Come. [laughs softly]", true), /^\[whispers\] \[laughs softly\] will be performed/);
});

test("brackets around a text are read", () => {
  assert.equal(unspoken("He opened it: [Dear John, come home at once.]", false), "");
  assert.equal(unspoken("[The Hague] is far.", false), "");
});

test("a line of signs is silent, and says so", () => {
  assert.match(unspoken("…", false), /silent/);
  assert.equal(unspoken("", false), "");
  assert.equal(unspoken("Oh.", false), "");
});
