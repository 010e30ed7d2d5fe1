/** WebVTT captions as Fireside writes them: a cue a line, its id the line's. */

const TIMING = /^(?:(\d+):)?(\d{2}):(\d{2}\.\d{3}) --> (?:(\d+):)?(\d{2}):(\d{2}\.\d{3})/;

const seconds = (hours, minutes, rest) => Number(hours ?? 0) * 3600 + Number(minutes) * 60 + Number(rest);

/** The cues as `{id, start, end}`, in order. */
export function parseCaptions(text) {
  const cues = [];
  for (const block of text.replaceAll("\r\n", "\n").split(/\n{2,}/)) {
    const lines = block.split("\n");
    const at = lines.findIndex((line) => TIMING.test(line));
    if (at < 1) continue;
    const [, ...parts] = TIMING.exec(lines[at]);
    cues.push({ id: lines[at - 1], start: seconds(...parts.slice(0, 3)), end: seconds(...parts.slice(3)) });
  }
  return cues;
}

/** The cue that is spoken at a time: it stays the current one through the pause after it. */
export function cueAt(cues, time) {
  let [low, high] = [0, cues.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (cues[middle].start <= time) low = middle + 1;
    else high = middle;
  }
  return cues[low - 1];
}
