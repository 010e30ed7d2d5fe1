import assert from "node:assert/strict";
import { test } from "node:test";
import { anotherIdea, IDEAS } from "../../chalicelib/web/script/ideas.js";

test("an idea is never the one that is there, whatever chance says", () => {
  for (const present of ["", ...IDEAS]) {
    for (const chance of [0, 0.5, 0.999999]) {
      const idea = anotherIdea(present, () => chance);
      assert.ok(IDEAS.includes(idea));
      assert.notEqual(idea, present);
    }
  }
});
