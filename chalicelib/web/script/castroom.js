/** The cast of a story, folded away: who speaks, in which voice and why, and how to change it. */

/** @import { Story } from "../types/openapi.d.ts" */
/** @import { CastItem } from "./castrow.js" */
/** @import { NarrateAgain } from "./narrateagain.js" */
/** @import { ViewContext } from "./viewcontext.js" */
/** @import { Watch } from "./watch.js" */

import { CastRow, WHY } from "./castrow.js";
import { castOf, listed, missingCount } from "./castwords.js";
import { allVoices } from "./catalogue.js";
import { el, Rows, setText } from "./dom.js";

/**
 * Make the room; it is hidden as long as nobody has a voice.
 * @param {ViewContext} context
 * @param {Watch} watch
 * @param {NarrateAgain} again
 */
export function castRoom(context, watch, again) {
  const summary = el("summary", {}, "The cast");
  const why = el("p", { class: "hint", id: WHY });
  const list = el("ul", { class: "cast", role: "list" });
  const leftOut = el("p", { class: "hint" });
  const node = el("details", { class: "room", hidden: true }, summary, why, list, leftOut);
  const rows = new Rows(
    list,
    ({ member }) => member.speaker,
    /** @param {CastItem} item */ (item) => new CastRow(context, watch, again, item),
  );
  let requests = 0;

  /** @param {Story} story */
  async function update(story) {
    const request = ++requests;
    const voices = new Map((await allVoices().catch(() => [])).map((voice) => [voice.voice_id, voice]));
    if (context.signal.aborted || request !== requests) return;
    const members = castOf(story);
    const missing = missingCount(members, voices);
    node.hidden = members.length === 0;
    setText(summary, missing ? `The cast (${missing})` : "The cast");
    setText(why, story.task_id ? "Voices can be changed once Fireside has finished working on the story." : "");
    rows.show(members.map((member) => ({ member, members, story, voices })));
    setText(leftOut, leftOutSentence(story));
  }
  return { node, update };
}

/** @param {Story} story */
function leftOutSentence({ left_out }) {
  return left_out.length ? `One too many, and told of by the narrator: ${listed(left_out)}.` : "";
}
