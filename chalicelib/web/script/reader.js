/** A chapter's script to read: who says what, and the line that is being spoken. */

import { button, el, icon, Rows, setAttribute, setText } from "./dom.js";
import { cueAt } from "./captions.js";
import { onPlayer, player } from "./player.js";

/** The script; `show(chapter, story, voices)` patches its lines, `hear(cues)` ties them to the sound. */
export function scriptReader(stage, storyId, number) {
  const list = el("ol", { class: "script", role: "list" });
  const rows = new Rows(
    list,
    ({ line }) => line.line_id,
    (item) => lineRow(item, playFrom),
  );
  const back = button("Back to the spoken line", () => reveal(spoken), { class: "follow", hidden: true });
  const node = el("div", {}, list, back);
  let cues = [];
  let spoken = null;

  function playFrom(lineId) {
    const cue = cues.find(({ id }) => id === lineId);
    if (cue) player.play(storyId, number, cue.start);
  }

  /** The line that sounds is marked, and followed as long as the reader stays near. */
  function follow() {
    const here = player.holds(storyId, number);
    const cue = here ? cueAt(cues, player.position) : undefined;
    const now = cue ? (rows.get(cue.id)?.node ?? null) : null;
    if (now !== spoken) {
      const near = spoken === null || visible(spoken);
      if (spoken) setAttribute(spoken, "aria-current", null);
      if (now) setAttribute(now, "aria-current", "true");
      spoken = now;
      if (now && near && player.playing && !document.activeElement.matches("textarea, input, select")) reveal(now);
    }
    back.hidden = !(spoken && player.playing && visible(list) && !visible(spoken));
  }
  onPlayer(["time", "change"], stage.signal, follow);

  return {
    node,
    show(chapter, story, voices) {
      const tags = new Map((chapter.enhanced?.lines ?? []).map((line) => [line.line_id, line.tags]));
      const lines = chapter.script?.lines ?? [];
      setAttribute(list, "lang", story.language);
      rows.show(
        lines.map((line, at) => ({
          line,
          voice: voices.get(story.voices[line.speaker])?.name ?? "",
          tags: tags.get(line.line_id) ?? [],
          same: at > 0 && lines[at - 1].speaker === line.speaker && !line.scene_break,
        })),
      );
      this.hear(cues);
    },
    hear(fresh) {
      cues = fresh;
      const heard = new Set(cues.map(({ id }) => id));
      for (const row of list.children) row.lastChild.hidden = !heard.has(row.dataset.line);
      follow();
    },
  };
}

/** A line: the speaker is shown where it changes, and always said. */
function lineRow({ line }, playFrom) {
  const [speaker, voice, directions] = [el("b"), el("span"), el("i")];
  const label = el("p", { class: "speaker" }, speaker, voice, directions);
  const text = el("p", { id: `line-${line.line_id}`, dir: "auto" });
  const from = button("", () => playFrom(line.line_id), { class: "round from", "aria-label": "Play from here" });
  setAttribute(from, "aria-describedby", text.id);
  from.title = "Play from here";
  from.append(icon("play"));
  const node = el("li", { class: "line", "data-line": line.line_id }, label, text, from);

  function update({ line: now, voice: name, tags, same }) {
    setText(speaker, now.speaker);
    setText(voice, name);
    setText(directions, tags.join(", "));
    setText(text, now.text);
    node.classList.toggle("same", same);
    node.classList.toggle("scene", now.scene_break === true);
    node.classList.toggle("narrated", now.speaker === "Narrator");
  }
  return { node, update };
}

/** Whether a part of a line can be seen. */
function visible(node) {
  const { top, bottom } = node.getBoundingClientRect();
  return bottom > 0 && top < window.innerHeight - playerHeight();
}

/** Bring a line to the middle, unless it is well in sight. */
function reveal(node) {
  const { top, bottom } = node.getBoundingClientRect();
  const room = window.innerHeight - playerHeight();
  if (top > room * 0.15 && bottom < room * 0.8) return;
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  node.scrollIntoView({ block: "center", behavior: still ? "auto" : "smooth" });
}

const playerHeight = () => document.getElementById("player").offsetHeight;
