/** WebVTT captions as Fireside writes them: one cue per line of the script, whose id is the line's. */

/** @typedef {{ id: string, start: number, end: number }} Cue times in seconds */

const TIMING = /^(?:(\d+):)?(\d{2}):(\d{2}\.\d{3}) --> (?:(\d+):)?(\d{2}):(\d{2}\.\d{3})/;

/** @param {Array<string | undefined>} parts hours, minutes and seconds */
const secondsOf = ([hours, minutes, rest]) => Number(hours ?? 0) * 3600 + Number(minutes) * 60 + Number(rest);

/**
 * Return the cues of a WebVTT file, in order.
 * @param {string} text
 */
export function parseCaptions(text) {
  /** @type {Cue[]} */
  const cues = [];
  for (const block of text.replaceAll("\r\n", "\n").split(/\n{2,}/)) {
    const lines = block.split("\n");
    const at = lines.findIndex((line) => TIMING.test(line));
    const [id, timing] = [lines[at - 1], TIMING.exec(lines[at] ?? "")];
    if (id === undefined || !timing) continue;
    cues.push({ id, start: secondsOf(timing.slice(1, 4)), end: secondsOf(timing.slice(4)) });
  }
  return cues;
}

/**
 * Return the cue that is spoken at a time: it stays the current one through the pause after it.
 * @param {readonly Cue[]} cues
 * @param {number} time
 */
export const cueAt = (cues, time) => cues.findLast(({ start }) => start <= time);
