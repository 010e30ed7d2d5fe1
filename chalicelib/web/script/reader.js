/** A chapter's script to read: who says what, and the line that is being spoken. */

/** @import { CastVoice, ChapterAlone, Line, Story } from "../types/openapi.d.ts" */
/** @import { Cue } from "./captions.js" */
/** @import { OddLine } from "./lineagain.js" */
/** @import { ViewContext } from "./viewcontext.js" */
/** @import { Watch } from "./watch.js" */

import { cueAt } from "./captions.js";
import { heardVoice } from "./castwords.js";
import { button, el, iconButton, Rows, setAttribute, setText } from "./dom.js";
import { lineAgain, oddLines } from "./lineagain.js";
import { player } from "./player.js";
import { isVisible, reveal } from "./revealing.js";
import { rove } from "./roving.js";

/**
 * A line as it is shown; `same`: the speaker is that of the line before.
 * @typedef {{ line: Line, voice: string, tags: readonly string[], same: boolean }} ReadLine
 */

/**
 * Make the script; `show(chapter, story, voices)` patches its lines, `setCues(cues)` ties them to the audio, and `update`
 * shows what is odd about the sound of some.
 * @param {ViewContext} context
 * @param {Watch} watch
 * @param {number} number
 */
export function scriptReader(context, watch, number) {
  const { storyId } = watch;
  const list = el("ol", { class: "script", role: "list" });
  const stops = rove(list, () => [...rows.all()].map(({ from }) => from));
  const rows = new Rows(
    list,
    ({ line }) => line.line_id,
    /** @param {ReadLine} item */ (item) =>
      lineRow(item, playFrom, lineAgain(context, watch, number, item.line.line_id)),
  );
  const back = button("Back to the spoken line", () => spoken && reveal(spoken), { class: "follow", hidden: true });
  const node = el("div", {}, list, back);
  /** @type {readonly Cue[]} */
  let cues = [];
  /** @type {HTMLElement | null} */
  let spoken = null;
  const odd = oddLines(context, watch, number, () => rows.all());

  /** @param {string} lineId */
  function playFrom(lineId) {
    const cue = cues.find(({ id }) => id === lineId);
    if (cue) player.play(storyId, number, cue.start);
  }

  list.addEventListener("click", (event) => playFrom(clickedLine(event)));

  /** Mark the line that is being spoken, and scroll along as long as the reader stays near. */
  function follow() {
    const cue = player.holds(storyId, number) ? cueAt(cues, player.position) : undefined;
    const now = (cue && rows.get(cue.id)?.node) ?? null;
    if (now !== spoken) mark(now);
    back.hidden = !(spoken && player.playing && isVisible(list) && !isVisible(spoken));
  }

  /** @param {HTMLElement | null} now */
  function mark(now) {
    const near = spoken === null || isVisible(spoken);
    if (spoken) setAttribute(spoken, "aria-current", null);
    if (now) setAttribute(now, "aria-current", "true");
    spoken = now;
    const typing = document.activeElement?.matches("textarea, input, select");
    if (now && near && player.playing && !typing) reveal(now);
  }
  context.onPlayer(["time", "change"], follow);

  /** @param {readonly Cue[]} fresh */
  function setCues(fresh) {
    cues = fresh;
    const narrated = new Set(cues.map(({ id }) => id));
    for (const row of rows.all()) row.showPlay(narrated);
    stops.update();
    follow();
  }

  return {
    node,
    setCues,
    update: odd.update,
    /** @param {ChapterAlone} chapter @param {Story} story @param {ReadonlyMap<string, CastVoice>} voices */
    show(chapter, story, voices) {
      setAttribute(list, "lang", story.language);
      rows.show(readLines(chapter, story, voices));
      setCues(cues);
    },
  };
}

/**
 * @param {ChapterAlone} chapter
 * @param {Story} story
 * @param {ReadonlyMap<string, CastVoice>} voices
 * @returns {ReadLine[]}
 */
function readLines(chapter, story, voices) {
  const tags = new Map((chapter.enhanced?.lines ?? []).map((line) => [line.line_id, line.tags]));
  const lines = chapter.script?.lines ?? [];
  return lines.map((line, at) => ({
    line,
    voice: voices.get(heardVoice(story, line.speaker))?.name ?? "",
    tags: tags.get(line.line_id) ?? [],
    same: lines[at - 1]?.speaker === line.speaker && !line.scene_break,
  }));
}

/**
 * Return the line that a click goes to: anywhere in it, unless one selects words, or presses what is in it. Else "".
 * @param {MouseEvent} event
 */
function clickedLine({ target }) {
  const line = target instanceof Element && !target.closest("button, a, .odd") ? target.closest(".line") : null;
  const selecting = document.getSelection()?.isCollapsed === false;
  return (line instanceof HTMLElement && !selecting && line.dataset.line) || "";
}

/**
 * Make a line: the speaker is shown where it changes, and always read out.
 * @param {ReadLine} item
 * @param {(lineId: string) => void} playFrom
 * @param {ReturnType<typeof lineAgain>} again
 */
function lineRow({ line }, playFrom, again) {
  const [speaker, voice, directions] = [el("b"), el("span"), el("i")];
  const label = el("p", { class: "speaker" }, speaker, voice, directions);
  const text = el("p", { id: `line-${line.line_id}`, dir: "auto" });
  const from = iconButton("play", "Play from here", () => playFrom(line.line_id), {
    class: "round from",
    title: "Play from here",
    "aria-describedby": text.id,
  });
  const node = el("li", { class: "line", "data-line": line.line_id }, label, text, from, again.node);
  let letters = line.text.length;

  /** @param {ReadLine} item */
  function update({ line: now, voice: name, tags, same }) {
    setText(speaker, now.speaker);
    setText(voice, name);
    setText(directions, tags.join(", "));
    setText(text, now.text);
    letters = now.text.length;
    node.classList.toggle("same", same);
    node.classList.toggle("scene", now.scene_break);
    node.classList.toggle("narrated", now.speaker === "Narrator");
  }
  /** @param {ReadonlySet<string>} narrated ids of lines that can be played */
  const showPlay = (narrated) => {
    from.hidden = !narrated.has(line.line_id);
    node.classList.toggle("playable", !from.hidden);
  };
  /** @param {ReadonlyMap<string, string>} notices @param {number | null} price of a letter @param {boolean} waits */
  const showNotice = (notices, price, waits) => {
    const message = notices.get(line.line_id);
    /** @type {OddLine | null} */
    const odd = message ? { message, price: price && price * letters, waits } : null;
    again.update(odd);
  };
  return { node, from, update, showPlay, showNotice };
}
