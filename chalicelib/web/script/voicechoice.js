/** A list of voices to choose from, with what the chosen one is like, and a sample of it. */

/** @import { CastVoice } from "../types/openapi.d.ts" */

import { capitalized, voiceLabel } from "./castwords.js";
import { el, setText } from "./dom.js";
import { formError } from "./notices.js";
import { sampleButton } from "./samplebutton.js";

/**
 * What there is to choose from. `open` is what it is called to choose none; `holders` are those who speak with a voice
 * already, by its id.
 * @typedef {object} VoiceOptions
 * @property {readonly CastVoice[]} voices
 * @property {string} chosen
 * @property {string} [open]
 * @property {ReadonlyMap<string, readonly string[]>} [holders]
 */

/**
 * Make the list. A voice that is not available cannot be chosen; one that was chosen before stays, and says so.
 * @param {AbortSignal} signal
 * @param {string} id
 * @param {Node | string} label
 * @param {VoiceOptions} options
 */
export function voiceChoice(signal, id, label, { voices, chosen, open = "", holders = new Map() }) {
  const select = el("select", { id, "aria-describedby": `${id}-is` });
  if (open) select.append(el("option", { value: "" }, open));
  for (const voice of voices) {
    const { voice_id, available } = voice;
    const name = voiceLabel(voice, holders.get(voice_id));
    select.append(el("option", { value: voice_id, disabled: available === false }, name));
  }
  select.value = chosen;
  const about = el("p", { class: "hint", id: `${id}-is` });
  const error = formError();
  const sample = sampleButton(signal, error, true);
  const describe = () => {
    const voice = voices.find(({ voice_id }) => voice_id === select.value) ?? null;
    setText(about, voice ? aboutVoice(voice) : "");
    error.clear();
    sample.update(voice);
  };
  select.addEventListener("change", describe);
  describe();
  const row = el("div", { class: "with-sample" }, select, sample.node);
  const node = el("div", { class: "field" }, el("label", { for: id }, label), row, about, error.node);
  return { node, select };
}

/** @param {CastVoice} voice */
function aboutVoice({ name, description, accent, available }) {
  const words = [description, accent && `${capitalized(accent)} accent.`];
  if (available === false) words.push(`${name} is not available now: another voice will be heard instead.`);
  return words.filter(Boolean).join(" ");
}
