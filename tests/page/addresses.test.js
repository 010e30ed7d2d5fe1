import assert from "node:assert/strict";
import { test } from "node:test";
import { isValue, matchAddress } from "../../chalicelib/web/script/addresses.js";

const ID = "0123456789abcdef0123456789abcdef"; // pragma: allowlist secret

test("an address matches its template alone, and gives the parameters in order", () => {
  assert.deepEqual(matchAddress("", ""), []);
  assert.deepEqual(matchAddress("new", "new"), []);
  assert.deepEqual(matchAddress("story/{story_id}", `story/${ID}`), [ID]);
  assert.deepEqual(matchAddress("story/{story_id}/{number}", `story/${ID}/50`), [ID, "50"]);
  for (const address of ["", "story", `story/${ID}/1/2`, `tale/${ID}/1`]) {
    assert.equal(matchAddress("story/{story_id}/{number}", address), null, address);
  }
});

test("a parameter has the form that the API wants", () => {
  for (const number of ["0", "51", "01", "1.5", "-1", "1e1", "", "x"]) {
    assert.equal(matchAddress("story/{story_id}/{number}", `story/${ID}/${number}`), null, number);
  }
  for (const id of ["", ID.slice(1), `${ID}0`, ID.toUpperCase(), `${ID}\n`]) {
    assert.equal(matchAddress("story/{story_id}", `story/${id}`), null, id);
  }
  assert.equal(isValue("month", "2026-11"), true);
  for (const month of ["2026-13", "2026-00", "26-11", "2026-1"]) assert.equal(isValue("month", month), false, month);
});

test("a parameter that the API does not have matches nothing", () => {
  assert.equal(matchAddress("tale/{tale}", "tale/1"), null);
});
