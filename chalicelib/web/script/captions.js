/**
 * WebVTT captions as Fireside writes them. The first cue of a line has the line's id; where a line is too long to be
 * read at once, the others have the id and a number: "003", "003.2", "003.3".
 */

/** @typedef {{ id: string, start: number, end: number }} Cue a line of the script; times in seconds */
/** @typedef {Cue & { speaker: string, text: string }} SpokenLine a line with its words, on one row */

const FURTHER = /\.\d+$/;
const VOICE = /^<v(?:\.\S+)? ([^>]*)>/;
/** @type {Readonly<Record<string, string>>} */
const ESCAPED = { "&lt;": "<", "&gt;": ">", "&amp;": "&" };

const TIMING = /^(?:(\d+):)?(\d{2}):(\d{2}\.\d{3}) --> (?:(\d+):)?(\d{2}):(\d{2}\.\d{3})/;

/** @param {Array<string | undefined>} parts hours, minutes and seconds */
const secondsOf = ([hours, minutes, rest]) => Number(hours ?? 0) * 3600 + Number(minutes) * 60 + Number(rest);

/** @param {string} text */
const plain = (text) => text.replace(/&(?:lt|gt|amp);/g, (found) => ESCAPED[found] ?? found);

/**
 * Return the lines of a WebVTT file, in order, each from its first cue to its last.
 * @param {string} text
 * @returns {Cue[]}
 */
export const parseCaptions = (text) => parseLines(text).map(({ id, start, end }) => ({ id, start, end }));

/**
 * Return the lines of a WebVTT file with their speakers and words.
 * @param {string} text
 */
export function parseLines(text) {
  /** @type {SpokenLine[]} */
  const lines = [];
  for (const block of text.replaceAll("\r\n", "\n").split(/\n{2,}/)) {
    const rows = block.split("\n");
    const at = rows.findIndex((row) => TIMING.test(row));
    const [name, timing] = [rows[at - 1], TIMING.exec(rows[at] ?? "")];
    if (name === undefined || !timing) continue;
    const [id, end] = [name.replace(FURTHER, ""), secondsOf(timing.slice(4))];
    const said = rows.slice(at + 1).join(" ");
    const words = plain(said.replace(VOICE, "").replace(/<\/?[a-z][^>]*>/g, "")).trim();
    const last = lines.at(-1);
    if (last?.id === id) [last.end, last.text] = [end, `${last.text} ${words}`];
    else {
      const speaker = plain(VOICE.exec(said)?.[1] ?? "");
      lines.push({ id, start: secondsOf(timing.slice(1, 4)), end, speaker, text: words });
    }
  }
  return lines;
}

/**
 * Return the cue that is spoken at a time: it stays the current one through the pause after it.
 * @template {Cue} T
 * @param {readonly T[]} cues
 * @param {number} time
 */
export const cueAt = (cues, time) => cues.findLast(({ start }) => start <= time);
