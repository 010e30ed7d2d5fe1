/** What the player's bar has beside its controls: the sleep timer, and the bookmarks. */

import { openBookmarks } from "./bookmarkdialog.js";
import { el, iconButton, setAttribute, setText } from "./dom.js";
import { clock } from "./format.js";
import { announce } from "./notices.js";
import { player } from "./player.js";
import { MINUTES, SleepTimer } from "./sleep.js";

const TICK_MS = 1000;
const AT_END = "end";

/** Make the tools. */
export function playerTools() {
  const mark = iconButton("bookmark", "Bookmarks", openBookmarks, { title: "Bookmarks" });
  return [sleepSelect(), mark];
}

/** Make the choice of when to stop; while the timer runs, its first option says how much is left. */
function sleepSelect() {
  const timer = new SleepTimer(
    {
      remaining: () => Math.max(0, player.duration - player.position) / (player.rate || 1),
      playing: () => player.playing,
      setVolume: (volume) => player.setVolume(volume),
      pause: () => player.playing && player.toggle(),
      stopAtEnd: (stops) => {
        player.stopsAtEnd = stops;
      },
    },
    () => performance.now(),
  );
  const off = el("option", { value: "" }, "Sleep");
  const select = el(
    "select",
    { class: "sleep", "aria-label": "Sleep timer", title: "Sleep timer" },
    off,
    ...MINUTES.map((minutes) => el("option", { value: minutes }, `${minutes} minutes`)),
    el("option", { value: AT_END }, "End of chapter"),
  );
  const cancel = el("option", { value: "off" }, "Turn off");
  select.addEventListener("change", () => {
    const { value } = select;
    if (value === "off") timer.cancel();
    else if (value === AT_END) timer.startAtEnd();
    else if (value) timer.start(Number(value));
    announce(value === "off" ? "The sleep timer is off." : "The sleep timer is set.");
  });
  timer.addEventListener("change", () => {
    setText(off, timer.on ? (timer.atEnd ? "Chapter end" : clock(Math.ceil(timer.left))) : "Sleep");
    select.value = "";
    if (timer.on && !cancel.isConnected) select.append(cancel);
    if (!timer.on) cancel.remove();
    setAttribute(select, "data-on", timer.on);
  });
  setInterval(() => timer.tick(), TICK_MS);
  player.addEventListener("time", () => timer.tick());
  player.addEventListener("sleep", () => timer.ended());
  player.addEventListener("change", () => {
    if (!player.storyId && timer.on) timer.cancel();
  });
  return select;
}
