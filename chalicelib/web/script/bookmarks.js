/** Bookmarks of a story: kept with Fireside, so that every device has them, and on this one until they can be sent. */

/** @typedef {{ bookmark_id: string, chapter: number, seconds: number, note: string }} Bookmark */
/** @typedef {{ bookmarks: Bookmark[], at: string | null }} Listed */
/** @typedef {{ add: Bookmark } | { remove: string }} Change what is done to a list, whatever else is in it */

/**
 * @typedef {object} Remote
 * @property {() => Promise<Listed>} get
 * @property {(list: { bookmarks: Bookmark[], at: string, seen_at: string | null }) => Promise<Listed>} put
 */

/**
 * @typedef {object} Local
 * @property {() => { listed: Listed, changes: Change[] } | null} get
 * @property {(kept: { listed: Listed, changes: Change[] }) => void} set
 */

const TRIES = 5;
export const MOST = 200;

/**
 * Return the list with changes made to it, in the order of the story.
 * @param {readonly Bookmark[]} bookmarks
 * @param {readonly Change[]} changes
 */
export function changed(bookmarks, changes) {
  let list = [...bookmarks];
  for (const change of changes) {
    const id = "add" in change ? change.add.bookmark_id : change.remove;
    list = list.filter(({ bookmark_id }) => bookmark_id !== id);
    if ("add" in change) list.push(change.add);
  }
  return list.sort((a, b) => a.chapter - b.chapter || a.seconds - b.seconds);
}

/** @param {readonly Bookmark[]} bookmarks */
const idsOf = (bookmarks) => bookmarks.map(({ bookmark_id }) => bookmark_id).join(" ");

/** The bookmarks of one story. */
export class BookmarkList {
  /** @type {Listed} */
  #listed = { bookmarks: [], at: null };
  /** Those that Fireside has not been told of. @type {Change[]} */
  #changes = [];

  /**
   * @param {Local} local
   * @param {Remote} remote
   * @param {() => number} now milliseconds since 1970
   */
  constructor(local, remote, now) {
    this.local = local;
    this.remote = remote;
    this.now = now;
    const kept = local.get();
    if (kept) [this.#listed, this.#changes] = [kept.listed, kept.changes];
  }

  /** All bookmarks, in the order of the story. */
  get all() {
    return changed(this.#listed.bookmarks, this.#changes);
  }

  /** Whether all of them are with Fireside. */
  get sent() {
    return this.#changes.length === 0;
  }

  /** Fetch what other devices have added, and send what is to be sent. */
  async refresh() {
    this.#keep(await this.remote.get(), this.#changes);
    await this.#send();
  }

  /** Make a change here at once, and send it. @param {Change} change */
  async change(change) {
    this.#keep(this.#listed, [...this.#changes, change]);
    await this.#send();
  }

  /** Send the changes, made to the list that Fireside has by then: no device loses what another one adds. */
  async #send() {
    for (let tries = 0; this.#changes.length && tries < TRIES; tries++) {
      const sent = [...this.#changes];
      const seen = this.#listed.at;
      const at = new Date(Math.max(this.now(), Date.parse(seen ?? "1970-01-01T00:00:00Z") + 1)).toISOString();
      const bookmarks = changed(this.#listed.bookmarks, sent);
      const holds = await this.remote.put({ bookmarks, at, seen_at: seen });
      // Two devices may write in the same millisecond: what is in the list says whose it is.
      const taken = Date.parse(holds.at ?? "") === Date.parse(at) && idsOf(holds.bookmarks) === idsOf(bookmarks);
      this.#keep(holds, taken ? this.#changes.slice(sent.length) : this.#changes);
    }
  }

  /** @param {Listed} listed @param {Change[]} changes */
  #keep(listed, changes) {
    [this.#listed, this.#changes] = [listed, changes];
    this.local.set({ listed, changes });
  }
}
