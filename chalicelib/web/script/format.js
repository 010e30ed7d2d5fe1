/** Numbers, times and names as people read them. */

const number = new Intl.NumberFormat("en");
const money = new Intl.NumberFormat("en", { style: "currency", currency: "USD" });
const day = new Intl.DateTimeFormat("en", { dateStyle: "medium" });
const moment = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" });
const monthYear = new Intl.DateTimeFormat("en", { month: "long", year: "numeric", timeZone: "UTC" });
const monthAlone = new Intl.DateTimeFormat("en", { month: "long", timeZone: "UTC" });
const monthAndDay = new Intl.DateTimeFormat("en", { month: "long", day: "numeric", timeZone: "UTC" });
const languages = new Intl.DisplayNames("en", { type: "language", fallback: "none" });

/** `25,000`. @param {number} value */
export const count = (value) => number.format(value);

/**
 * `3 chapters`, `1 chapter`.
 * @param {number} value
 * @param {string} one
 * @param {string} [many]
 */
export const plural = (value, one, many = `${one}s`) => `${count(value)} ${value === 1 ? one : many}`;

/**
 * `$2.60`; an amount above zero never reads as zero.
 * @param {number} value
 */
export function dollars(value) {
  return value > 0 && value < 0.005 ? "under $0.01" : money.format(value);
}

/** `Nov 24, 2026`, in the reader's time zone. @param {string} timestamp */
export const date = (timestamp) => day.format(new Date(timestamp));

/** `Nov 24, 2026, 10:15 AM`, in the reader's time zone. @param {string} timestamp */
export const dateAndTime = (timestamp) => moment.format(new Date(timestamp));

/** `November 2026`, of `2026-11`. @param {string} month */
export const monthTitle = (month) => monthYear.format(firstOf(month));

/** `November`, of `2026-11`. @param {string} month */
export const monthName = (month) => monthAlone.format(firstOf(month));

/** `November 1`, the first day of `2026-11`. @param {string} month */
export const monthDay = (month) => monthAndDay.format(firstOf(month));

/** @param {string} month */
const firstOf = (month) => new Date(`${month}-01T00:00:00Z`);

/**
 * `28 minutes`, `40 seconds`, `1 hour 5 minutes`.
 * @param {number} seconds
 */
export function length(seconds) {
  if (seconds < 59.5) return plural(Math.max(1, Math.round(seconds)), "second");
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return plural(minutes, "minute");
  const rest = minutes % 60;
  return plural(Math.floor(minutes / 60), "hour") + (rest ? ` ${plural(rest, "minute")}` : "");
}

/**
 * `4:05`, `1:02:09`.
 * @param {number} seconds
 */
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds || 0));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  const tail = String(whole % 60).padStart(2, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${tail}` : `${minutes}:${tail}`;
}

/**
 * `4 minutes 5 seconds`: a clock's time for a screen reader.
 * @param {number} seconds
 */
export function spokenClock(seconds) {
  const whole = Math.max(0, Math.floor(seconds || 0));
  return `${plural(Math.floor(whole / 60), "minute")} ${plural(whole % 60, "second")}`;
}

/**
 * `German`, of `de`; undefined for an unknown language.
 * @param {string} tag
 */
export function languageName(tag) {
  try {
    return languages.of(tag);
  } catch {
    return undefined;
  }
}

/** `43 MB`, `0.4 MB`. @param {number} bytes */
export function megabytes(bytes) {
  const value = bytes / 1e6;
  return `${value < 9.95 ? Math.max(0.1, value).toFixed(1) : count(Math.round(value))} MB`;
}

/**
 * Tell how a story's book stands: none can be made yet, it is missing, older than the story, or current.
 * @param {{ book: { out_of_date: boolean } | null, chapters: readonly { audio: unknown }[] }} story
 * @returns {"none" | "missing" | "old" | "current"}
 */
export function bookState({ book, chapters }) {
  if (book) return book.out_of_date ? "old" : "current";
  return chapters.every(({ audio }) => audio) ? "missing" : "none";
}

/**
 * `01-The Lamp.mp3`: a chapter's file name.
 * @param {{ number: number, title: string }} chapter
 * @param {string} [extension]
 */
export function fileName(chapter, extension = "mp3") {
  return `${String(chapter.number).padStart(2, "0")}-${plainName(chapter.title)}.${extension}`;
}

/**
 * Turn a title, in any script, into a part of a file name that every system takes, as the server names files.
 * @param {string} title
 */
export function plainName(title) {
  // What Windows does not take, controls, and what nobody sees.
  const plain = title.normalize("NFC").replace(/[<>:"/\\|?*\p{Cc}\p{Cf}\p{Cs}]+/gu, " ");
  const words = plain.replace(/\s+/gu, " ").replace(/^[. ]+/, "");
  const short = [...words]
    .slice(0, 80)
    .join("")
    .replace(/[. ]+$/, "");
  if (!/[\p{L}\p{N}]/u.test(short)) return "untitled";
  return /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(short) ? `_${short}` : short;
}

/**
 * List the months from one timestamp to another, such as `["2026-10", "2026-11"]`.
 * @param {string} from
 * @param {string} to
 */
export function monthsBetween(from, to) {
  const months = [];
  for (let month = from.slice(0, 7); month <= to.slice(0, 7); month = monthAfter(month, 1)) months.push(month);
  return months;
}

/**
 * Return the month that comes `steps` after (before, when negative) a month.
 * @param {string} month
 * @param {number} steps
 */
export function monthAfter(month, steps) {
  const [year, index] = [Number(month.slice(0, 4)), Number(month.slice(5))];
  return new Date(Date.UTC(year, index - 1 + steps, 1)).toISOString().slice(0, 7);
}
