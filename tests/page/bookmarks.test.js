import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { BookmarkList, changed } from "../../chalicelib/web/script/bookmarks.js";

const mark = (seconds, chapter = 1) => ({ bookmark_id: `${chapter}-${seconds}`, chapter, seconds, note: "" });
const seconds = ({ all }) => all.map((one) => one.seconds);

/** Fireside: a list replaces just the one that its writer has seen. */
class Server {
  holds = { bookmarks: [], at: null };
  away = false;
  beforePut = () => {};
  get = () => (this.away ? Promise.reject(new Error("away")) : Promise.resolve(this.holds));
  put = ({ bookmarks, at, seen_at }) => {
    if (this.away) return Promise.reject(new Error("away"));
    this.beforePut();
    if (seen_at === this.holds.at && (!this.holds.at || at > this.holds.at)) this.holds = { bookmarks, at };
    return Promise.resolve(this.holds);
  };
}

let server;
const device = () => {
  let kept = null;
  const local = {
    get: () => kept,
    set: (now) => {
      kept = structuredClone(now);
    },
  };
  return { local, list: new BookmarkList(local, server, () => 5) };
};

beforeEach(() => {
  server = new Server();
});

test("bookmarks are in the order of the story, each once", () => {
  const changes = [{ add: mark(9) }, { add: mark(1, 2) }, { add: mark(3) }, { add: mark(9) }, { remove: "1-3" }];
  assert.deepEqual(changed([mark(5)], changes), [mark(5), mark(9), mark(1, 2)]);
});

test("two devices at once lose none of each other's", async () => {
  const [phone, tablet] = [device().list, device().list];
  await phone.refresh();
  await tablet.refresh();
  await phone.change({ add: mark(1) });
  await tablet.change({ add: mark(2) });
  await phone.change({ add: mark(3) });
  await phone.change({ remove: "1-1" });
  await tablet.refresh();
  assert.deepEqual(
    [seconds(phone), seconds(tablet)],
    [
      [2, 3],
      [2, 3],
    ],
  );
  assert.ok(phone.sent && tablet.sent);
});

test("what is added while another list arrives is made to that list", async () => {
  const { list } = device();
  await list.refresh();
  let times = 0;
  server.beforePut = () => {
    if (times++ === 0) server.holds = { bookmarks: [mark(7)], at: "2026-11-28T01:00:00.000Z" };
  };
  await list.change({ add: mark(2) });
  assert.deepEqual([seconds(list), server.holds.bookmarks.length, times], [[2, 7], 2, 2]);
});

test("offline they are kept on the device, and sent with the next one", async () => {
  const { local, list } = device();
  server.away = true;
  await assert.rejects(list.change({ add: mark(4) }));
  const later = new BookmarkList(local, server, () => 6);
  assert.deepEqual([seconds(later), later.sent], [[4], false]);
  server.away = false;
  await later.refresh();
  assert.deepEqual([server.holds.bookmarks, later.sent], [[mark(4)], true]);
});

test("one that can never be stored does not ask for ever", async () => {
  const { list } = device();
  let times = 0;
  server.put = () => {
    times++;
    return Promise.resolve({ bookmarks: [], at: `2026-11-28T01:00:0${times}.000Z` });
  };
  await list.change({ add: mark(4) });
  assert.deepEqual([times, list.sent], [5, false]);
});
