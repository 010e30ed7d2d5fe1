import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { ApiError, addressOf, authorization, get, post, remove } from "../../chalicelib/web/script/api.js";

const BASE = "https://fireside.example/api/";
let requests = [];
let answer = () => Response.json({});

const provide = (name, value) => Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });

beforeEach(() => {
  requests = [];
  provide("document", { baseURI: BASE, querySelector: () => ({ getAttribute: () => "secret" }) });
  provide("navigator", { onLine: true });
  provide("fetch", (url, options) => {
    requests.push({ url: String(url), ...options });
    return Promise.resolve().then(answer);
  });
});

const keys = () => requests.map(({ headers }) => headers["Idempotency-Key"]);
const estimate = () => post("/stories/{story_id}/estimate", { story_id: "s1" }, { audio: true });

test("an address is relative to the page, and what the path does not name is the query", () => {
  const path = "/stories/{story_id}/chapters/{number}";
  assert.equal(addressOf(path, { story_id: "a/b", number: 3 }), "stories/a%2Fb/chapters/3");
  assert.equal(addressOf("/stories", { limit: 1, cursor: undefined }), "stories?limit=1");
});

test("a request has the token and its answer is decoded", async () => {
  answer = () => Response.json({ month: "2026-11" });
  assert.deepEqual(await get("/usage", { month: "2026-11" }), { month: "2026-11" });
  assert.equal(requests[0].url, `${BASE}usage?month=2026-11`);
  assert.equal(requests[0].headers.Authorization, "Bearer secret");
  answer = () => new Response("WEBVTT", { headers: { "Content-Type": "text/vtt" } });
  assert.equal(await get("/stories/{story_id}/chapters/{number}/captions", { story_id: "s", number: 1 }), "WEBVTT");
});

test("a deletion has no answer, although it is said to be JSON", async () => {
  answer = () => new Response(null, { status: 204, headers: { "Content-Type": "application/json" } });
  await remove("/stories/{story_id}", { story_id: "s1" });
  assert.equal(requests[0].method, "DELETE");
});

test("a POST that got no answer is sent again under the same key, and a new one under a new key", async () => {
  answer = () => {
    throw new TypeError("network");
  };
  await assert.rejects(estimate, { status: 0, message: "Fireside is not answering right now." });
  answer = () => new Response("", { status: 503 });
  await assert.rejects(estimate, { status: 503 });
  answer = () => Response.json({});
  await estimate();
  await estimate();
  const [first, second, third, fourth] = keys();
  assert.match(first, /^[0-9a-f]{32}$/);
  assert.deepEqual([second, third], [first, first]);
  assert.notEqual(fourth, first);
});

test("a POST that was refused is not sent again under its key", async () => {
  answer = () => Response.json({ Code: "Conflict", Message: "A task runs." }, { status: 409 });
  await assert.rejects(estimate, new ApiError(409, "A task runs."));
  await assert.rejects(estimate, { status: 409 });
  assert.equal(new Set(keys()).size, 2);
});

test("a token that is refused, by Fireside or by API Gateway, is told", async () => {
  let refused = 0;
  authorization.onRefused = () => refused++;
  for (const status of [401, 403]) {
    answer = () => new Response("", { status });
    await assert.rejects(get("/voices", {}), { status: 401 });
  }
  assert.equal(refused, 2);
});

test("an error page of something between is never shown to a person", async () => {
  answer = () => new Response("<html>Bad Gateway</html>", { status: 502 });
  await assert.rejects(get("/voices", {}), { message: "Something went wrong inside Fireside. Try again." });
});

test("a fault of Fireside's names the request, for whoever reads the logs", async () => {
  const failed = (status) => () =>
    Response.json({ Code: "Internal", Message: "It broke." }, { status, headers: { "X-Request-Id": "r-1" } });
  answer = failed(500);
  await assert.rejects(get("/voices", {}), { message: "It broke. (id r-1)" });
  answer = failed(409);
  await assert.rejects(get("/voices", {}), { message: "It broke." });
});
