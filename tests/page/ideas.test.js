import assert from "node:assert/strict";
import { test } from "node:test";
import { anotherIdea, IDEAS, isOurs, STARTERS } from "../../chalicelib/web/script/ideas.js";

test("an idea is never the one that is there, whatever chance says", () => {
  for (const present of ["", ...IDEAS]) {
    for (const chance of [0, 0.5, 0.999999]) {
      const idea = anotherIdea(present, () => chance);
      assert.ok(IDEAS.includes(idea));
      assert.notEqual(idea, present);
    }
  }
});

test("only words of a person's own could be lost with an idea", () => {
  for (const text of ["", "  ", IDEAS[0], ...STARTERS.map(({ prompt }) => prompt)]) assert.ok(isOurs(text));
  assert.ok(!isOurs("My grandmother's boat"));
});

test("the three ideas to start from differ in kind, and fit a form", () => {
  assert.equal(new Set(STARTERS.map(({ kind }) => kind)).size, 3);
  for (const { prompt, audience } of STARTERS) assert.ok(prompt.length < 200 && audience.length < 60);
});
