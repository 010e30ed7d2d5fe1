/** What making the rest of a story, or the sound of a chapter, would cost. */

import { post } from "./api.js";
import { el, setText } from "./dom.js";
import { count, dollars, length } from "./format.js";

/** Characters a second: below this, most of the sound is paid for, and its length says nothing of the price. */
const SLOWEST = 10;

const NOTHING = { input_tokens: 0, output_tokens: 0, cost_usd: 0 };

/**
 * The estimate's place: of all that is missing, or of the sound of some `chapters` alone. `show(story)` asks again only
 * when the story has changed, and `hide` forgets it.
 */
export function estimateOf(storyId, signal, chapters) {
  const ask = (wanted) => post(`stories/${storyId}/estimate`, wanted);
  const line = el("p", { class: "estimate" });
  const parts = el("ul", { class: "hint" });
  const details = el("details", { hidden: true }, el("summary", {}, "What it is made of"), parts);
  const node = el("div", { hidden: true, "aria-live": "polite" }, line, details);
  let asked = "";

  async function show(story) {
    node.hidden = false;
    const state = `${story.updated_at} ${story.chapters.map(({ status }) => status)}`;
    if (state === asked) return;
    asked = state;
    if (!line.textContent) setText(line, "Estimating…");
    try {
      const [all, words] = await Promise.all(
        chapters ? [ask({ chapters }), NOTHING] : [ask({ audio: true }), ask({ audio: false })],
      );
      if (signal.aborted || state !== asked) return;
      setText(line, sentence(all));
      parts.replaceChildren(...breakdown(all, words));
      details.hidden = all.cost_usd === 0;
    } catch (error) {
      if (signal.aborted || state !== asked) return;
      setText(line, `What it would cost is not known: ${error.message}`);
      details.hidden = true;
      asked = "";
    }
  }
  const hide = () => {
    node.hidden = true;
    asked = "";
  };
  return { node, show, hide };
}

function sentence({ characters, audio_seconds, cost_usd }) {
  if (!cost_usd) return "Everything it takes is paid for already.";
  const parts = [];
  if (characters) parts.push(`${count(characters)} characters`);
  if (characters > audio_seconds * SLOWEST) parts.push(`${length(audio_seconds)} of sound`);
  return `About ${[...parts, dollars(cost_usd)].join(", ")}.`;
}

function breakdown(all, words) {
  const tokens = words.input_tokens + words.output_tokens;
  const written = `Words: ${count(words.input_tokens)} tokens read and ${count(words.output_tokens)} written, `;
  const items = tokens ? [written + dollars(words.cost_usd)] : [];
  if (all.characters) {
    items.push(`Voices: ${count(all.characters)} characters spoken, ${dollars(all.cost_usd - words.cost_usd)}`);
  }
  return items.map((text) => el("li", {}, text));
}
