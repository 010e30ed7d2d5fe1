import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

/** As much of the browser's Storage as the page uses. */
class MemoryStorage {
  items = new Map();
  getItem = (key) => this.items.get(key) ?? null;
  setItem = (key, value) => this.items.set(key, value);
  removeItem = (key) => this.items.delete(key);
}

const provide = (name, value) => Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });

/** The module as a page that is opened anew has it. */
let opened = 0;
const open = () => import(`../../chalicelib/web/script/store.js?${++opened}`);

beforeEach(() => {
  provide("sessionStorage", new MemoryStorage());
  provide("localStorage", new MemoryStorage());
  provide("document", { querySelector: () => ({ getAttribute: () => "local-token" }) });
});

test("a token that was typed in goes before this machine's own, and survives a reload", async () => {
  const first = await open();
  assert.deepEqual([first.token(), first.signedIn()], ["local-token", false]);
  first.keepToken("typed");
  const second = await open();
  assert.deepEqual([second.token(), second.signedIn()], ["typed", true]);
  second.forgetToken();
  assert.deepEqual([second.token(), (await open()).signedIn()], ["local-token", false]);
});

test("tokens and drafts stay in the tab; places and speed outlive it", async () => {
  const store = await open();
  store.keepToken("typed");
  store.draft.set({ prompt: "A fox" });
  store.place.set("s1", { chapter: 2, seconds: 30 });
  store.speed.set(1.5);
  assert.deepEqual([...sessionStorage.items.keys()].sort(), ["fireside.draft", "fireside.token"]);
  assert.deepEqual([...localStorage.items.keys()].sort(), ["fireside.place.s1", "fireside.speed"]);
  assert.deepEqual((await open()).place.get("s1"), { chapter: 2, seconds: 30 });
  store.place.clear("s1");
  store.draft.clear();
  assert.deepEqual([store.place.get("s1"), store.draft.get()], [null, null]);
});

test("a long text is kept beside the other fields, and for each story of its own", async () => {
  const store = await open();
  store.draft.set({ title: "Rain", text: "It rained." });
  store.nextDraft("s1").set({ title: "Snow", text: "It snowed." });
  const again = await open();
  assert.deepEqual(again.draft.get(), { title: "Rain", text: "It rained." });
  assert.deepEqual(again.nextDraft("s1").get(), { title: "Snow", text: "It snowed." });
  assert.equal(again.nextDraft("s2").get(), null);
  again.draft.set({ title: "Rain", text: "" });
  assert.deepEqual([...sessionStorage.items.keys()].sort(), [
    "fireside.draft",
    "fireside.draft.s1",
    "fireside.draft.s1.text",
  ]);
  again.nextDraft("s1").clear();
  assert.deepEqual((await open()).nextDraft("s1").get(), null);
});

test("a text for which there is no room is not kept, and all else is", async () => {
  const { setItem } = sessionStorage;
  const store = await open();
  store.draft.set({ title: "Rain", text: "It rained." });
  sessionStorage.setItem = (key, value) => {
    if (value.length > 100) throw new Error("QuotaExceededError");
    setItem(key, value);
  };
  store.draft.set({ title: "Snow", text: "It snowed. ".repeat(100) });
  assert.deepEqual((await open()).draft.get(), { title: "Snow", text: "" });
});

test("a text is written when it changes, not whenever another field does", async () => {
  const { setItem } = sessionStorage;
  const written = [];
  sessionStorage.setItem = (key, value) => {
    written.push(key);
    setItem(key, value);
  };
  const store = await open();
  store.draft.set({ title: "", text: "It rained." });
  store.draft.set({ title: "R", text: "It rained." });
  assert.deepEqual(written, ["fireside.draft", "fireside.draft.text", "fireside.draft"]);
});

test("whoever signs out leaves no draft behind", async () => {
  const store = await open();
  // As a browser's Storage, which has its keys as properties.
  provide("sessionStorage", {
    "fireside.draft": "{}",
    "fireside.draft.s1.text": '"x"',
    "fireside.token": '"t"',
    removeItem(key) {
      delete this[key];
    },
  });
  store.clearDrafts();
  assert.deepEqual(Object.keys(sessionStorage), ["fireside.token", "removeItem"]);
});

test("keys control the player unless they were turned off", async () => {
  const store = await open();
  assert.equal(store.shortcuts.get(), true);
  store.shortcuts.set(false);
  assert.equal((await open()).shortcuts.get(), false);
});

test("a storage that is full, forbidden or spoiled means that nothing is remembered", async () => {
  const refuse = () => {
    throw new Error("QuotaExceededError");
  };
  provide("sessionStorage", { getItem: refuse, setItem: refuse, removeItem: refuse });
  Object.defineProperty(globalThis, "localStorage", { get: refuse, configurable: true });
  const store = await open();
  store.keepToken("typed");
  assert.equal(store.token(), "typed");
  assert.equal(store.speed.get(), 1);
  store.place.set("s1", { chapter: 1, seconds: 2 });
  assert.equal(store.place.get("s1"), null);
  provide("localStorage", new MemoryStorage());
  localStorage.setItem("fireside.speed", "{");
  assert.equal((await open()).speed.get(), 1);
});
