/**
 * WebVTT captions as Fireside writes them. The first cue of a line has the line's id; where a line is too long to be
 * read at once, the others have the id and a number: "003", "003.2", "003.3".
 */

/** @typedef {{ id: string, start: number, end: number }} Cue a line of the script; times in seconds */

const FURTHER = /\.\d+$/;

const TIMING = /^(?:(\d+):)?(\d{2}):(\d{2}\.\d{3}) --> (?:(\d+):)?(\d{2}):(\d{2}\.\d{3})/;

/** @param {Array<string | undefined>} parts hours, minutes and seconds */
const secondsOf = ([hours, minutes, rest]) => Number(hours ?? 0) * 3600 + Number(minutes) * 60 + Number(rest);

/**
 * Return the lines of a WebVTT file, in order, each from its first cue to its last.
 * @param {string} text
 */
export function parseCaptions(text) {
  /** @type {Cue[]} */
  const cues = [];
  for (const block of text.replaceAll("\r\n", "\n").split(/\n{2,}/)) {
    const lines = block.split("\n");
    const at = lines.findIndex((line) => TIMING.test(line));
    const [name, timing] = [lines[at - 1], TIMING.exec(lines[at] ?? "")];
    if (name === undefined || !timing) continue;
    const [id, end] = [name.replace(FURTHER, ""), secondsOf(timing.slice(4))];
    const last = cues.at(-1);
    if (last?.id === id) last.end = end;
    else cues.push({ id, start: secondsOf(timing.slice(1, 4)), end });
  }
  return cues;
}

/**
 * Return the cue that is spoken at a time: it stays the current one through the pause after it.
 * @param {readonly Cue[]} cues
 * @param {number} time
 */
export const cueAt = (cues, time) => cues.findLast(({ start }) => start <= time);
