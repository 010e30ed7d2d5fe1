/** Two tabs do not play over one another: the one in which something begins to play pauses the others. */

import { player } from "./player.js";

export function startSoleTab() {
  if (!("BroadcastChannel" in window)) return;
  const channel = new BroadcastChannel("fireside.player");
  let playing = false;
  player.addEventListener("change", () => {
    if (player.playing && !playing) channel.postMessage("playing");
    playing = player.playing;
  });
  channel.addEventListener("message", () => {
    if (player.playing) player.toggle();
  });
}
