/** Numbers, times and names as people read them. */

const number = new Intl.NumberFormat("en");
const money = new Intl.NumberFormat("en", { style: "currency", currency: "USD" });
const day = new Intl.DateTimeFormat("en", { dateStyle: "medium" });
const monthName = new Intl.DateTimeFormat("en", { month: "long", year: "numeric", timeZone: "UTC" });
const languages = new Intl.DisplayNames("en", { type: "language", fallback: "none" });

/** `25,000`. */
export const count = (value) => number.format(value);

/** `3 chapters`, `1 chapter`. */
export const plural = (value, one, many = `${one}s`) => `${count(value)} ${value === 1 ? one : many}`;

/** `$2.60`; what is not nothing never reads as nothing. */
export function dollars(value) {
  return value > 0 && value < 0.005 ? "under $0.01" : money.format(value);
}

/** `Nov 24, 2026`, in the reader's time zone. */
export const date = (timestamp) => day.format(new Date(timestamp));

/** `November 2026`, of `2026-11`. */
export const monthTitle = (month) => monthName.format(new Date(`${month}-01T00:00:00Z`));

/** `28 minutes`, `40 seconds`, `1 hour 5 minutes`. */
export function length(seconds) {
  if (seconds < 59.5) return plural(Math.max(1, Math.round(seconds)), "second");
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return plural(minutes, "minute");
  const rest = minutes % 60;
  return plural(Math.floor(minutes / 60), "hour") + (rest ? ` ${plural(rest, "minute")}` : "");
}

/** `4:05`, `1:02:09`. */
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds || 0));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const tail = String(rest).padStart(2, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${tail}` : `${minutes}:${tail}`;
}

/** `4 minutes 5 seconds`: a clock's time for a screen reader. */
export function spokenClock(seconds) {
  const whole = Math.max(0, Math.floor(seconds || 0));
  return `${plural(Math.floor(whole / 60), "minute")} ${plural(whole % 60, "second")}`;
}

/** `German`, of `de`; undefined for what is no known language. */
export function languageName(tag) {
  try {
    return languages.of(tag);
  } catch {
    return undefined;
  }
}

/** `01-the-lamp.mp3`: a chapter's file name. */
export function fileName(chapter) {
  return `${String(chapter.number).padStart(2, "0")}-${plainName(chapter.title)}.mp3`;
}

/** A title as a part of a file name, in any script. */
export function plainName(title) {
  const plain = title
    .normalize("NFC")
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, "-");
  return (
    [...plain]
      .slice(0, 80)
      .join("")
      .replace(/^-+|-+$/g, "") || "untitled"
  );
}

/** The months from one timestamp to another, such as `["2026-10", "2026-11"]`. */
export function monthsBetween(from, to) {
  const months = [];
  for (let month = from.slice(0, 7); month <= to.slice(0, 7); month = monthAfter(month, 1)) months.push(month);
  return months;
}

/** The month that comes `steps` after (before, when negative) a month. */
export function monthAfter(month, steps) {
  const [year, index] = month.split("-").map(Number);
  return new Date(Date.UTC(year, index - 1 + steps, 1)).toISOString().slice(0, 7);
}
