/** The button that plays a sample of a voice, and stops it. */

/** @import { CastVoice } from "../types/openapi.d.ts" */
/** @import { FormError } from "./notices.js" */

import { button, find, icon, setAttribute, setText } from "./dom.js";
import { runAction } from "./notices.js";
import { player } from "./player.js";
import { Samples } from "./samples.js";

const samples = new Samples(find("#sample", HTMLAudioElement), player);

/**
 * Make the button; `update(voice)` says whose sample it plays, and hides it where there is none.
 * @param {AbortSignal} signal
 * @param {FormError} error where it says that a sample cannot be played
 * @param {boolean} [small] whether it shows an icon alone
 */
export function sampleButton(signal, error, small = false) {
  const owner = {};
  /** @type {Pick<CastVoice, "name" | "preview_url"> | null} */
  let current = null;
  const node = button("", press, { class: small && "round sample" });

  function press() {
    const url = current?.preview_url;
    if (samples.holds(owner)) samples.stop();
    else if (url) runAction(node, error, () => samples.play(owner, url));
  }
  function draw() {
    const playing = samples.holds(owner);
    const word = playing ? "Stop" : "Hear the voice";
    setAttribute(node, "aria-label", `${word}: ${current?.name ?? ""}`);
    if (small) node.replaceChildren(icon(playing ? "stop" : "play"));
    else setText(node, word);
  }
  /** @param {Pick<CastVoice, "name" | "preview_url"> | null} voice */
  function update(voice) {
    if (voice?.preview_url !== current?.preview_url && samples.holds(owner)) samples.stop();
    current = voice;
    node.hidden = !voice?.preview_url;
    draw();
  }
  samples.addEventListener("change", draw, { signal });
  signal.addEventListener("abort", () => samples.holds(owner) && samples.stop());
  update(null);
  return { node, update };
}
