/** The bar of a shared story's player, and its controls on lock screens and headphones. */

import { button, el, find, icon, iconAddress, setAttribute, setText } from "./dom.js";
import { clock } from "./format.js";
import { positionSlider } from "./slider.js";

/** @import { SharedPlayer } from "./sharedplayer.js" */

const RATES = [0.75, 0.9, 1, 1.1, 1.25, 1.5, 1.75, 2];
const BACK_S = 15;
const FORWARD_S = 30;

/** Build the bar; it shows once something plays. @param {SharedPlayer} player */
export function startSharedBar(player) {
  const region = find("#player", HTMLElement);
  const elapsed = el("span", { class: "time" }, "0:00");
  const total = el("span", { class: "time" }, "0:00");
  const slider = positionSlider(player);
  const name = el("span", { class: "player-chapter", dir: "auto", lang: player.story.language });
  const note = el("span", { class: "player-note", role: "status" });
  const buttons = controlRow(player);
  region.append(
    el("div", { class: "player-place" }, elapsed, slider.node, total),
    el("p", { class: "player-title" }, name, note),
    buttons.node,
  );
  player.addEventListener("change", () => {
    region.hidden = !player.number;
    setText(name, player.chapter ? `${player.number}. ${player.chapter.title}` : "");
    setText(note, player.problem);
    buttons.update();
    tellSystem(player);
  });
  player.addEventListener("time", () => {
    setText(elapsed, clock(player.position));
    setText(total, clock(player.duration));
    slider.show(player.position, player.duration);
  });
  new ResizeObserver(() => {
    document.documentElement.style.setProperty("--player-height", `${region.offsetHeight}px`);
  }).observe(region);
  obeySystem(player);
}

/** Make the row of buttons. @param {SharedPlayer} player */
function controlRow(player) {
  const toggle = round("play", "Play", () => player.toggle(), "main");
  const previous = round("previous", "Previous chapter", () => player.turn(-1));
  const back = round("back", "Back 15 seconds", () => player.seek(player.position - BACK_S), "", "15");
  const forward = round("forward", "Forward 30 seconds", () => player.seek(player.position + FORWARD_S), "", "30");
  const next = round("next", "Next chapter", () => player.turn(1));
  const speed = el("select", { "aria-label": "Speed", title: "Speed", class: "speed" });
  for (const rate of RATES) speed.append(el("option", { value: rate }, `${rate}×`));
  speed.value = String(player.rate);
  speed.addEventListener("change", () => player.setRate(Number(speed.value)));
  const update = () => {
    const [name, shape] = player.playing
      ? /** @type {const} */ (["Pause", "pause"])
      : /** @type {const} */ (["Play", "play"]);
    if (toggle.getAttribute("aria-label") !== name) {
      for (const attribute of ["aria-label", "title"]) setAttribute(toggle, attribute, name);
      toggle.replaceChildren(icon(shape));
    }
    setAttribute(previous, "aria-disabled", !player.neighbour(-1));
    setAttribute(next, "aria-disabled", !player.neighbour(1));
  };
  return { node: el("div", { class: "player-controls" }, previous, back, toggle, forward, next, speed), update };
}

/**
 * @param {import("./dom.js").IconName} shape
 * @param {string} label
 * @param {() => void} onClick
 * @param {string} [kind] a further class
 * @param {string} [inside] what is drawn into the icon
 */
function round(shape, label, onClick, kind = "", inside = "") {
  const node = button("", onClick, { class: `round ${kind}`, "aria-label": label, title: label });
  node.replaceChildren(icon(shape, inside));
  return node;
}

/** Tell the operating system what plays. @param {SharedPlayer} player */
function tellSystem(player) {
  if (!("mediaSession" in navigator) || !player.chapter) return;
  const session = navigator.mediaSession;
  session.playbackState = player.playing ? "playing" : "paused";
  const { title } = player.chapter;
  if (session.metadata?.title === title) return;
  const artwork = [{ src: iconAddress(), type: "image/svg+xml", sizes: "any" }];
  session.metadata = new MediaMetadata({ title, album: player.story.title, artist: "Fireside", artwork });
}

/** Obey the keys of keyboards, headphones and lock screens. @param {SharedPlayer} player */
function obeySystem(player) {
  if (!("mediaSession" in navigator)) return;
  /** @type {Array<[MediaSessionAction, MediaSessionActionHandler]>} */
  const actions = [
    ["play", () => player.playing || player.toggle()],
    ["pause", () => player.playing && player.toggle()],
    ["seekbackward", ({ seekOffset }) => player.seek(player.position - (seekOffset || BACK_S))],
    ["seekforward", ({ seekOffset }) => player.seek(player.position + (seekOffset || FORWARD_S))],
    ["seekto", ({ seekTime }) => player.seek(seekTime ?? player.position)],
    ["previoustrack", () => player.turn(-1)],
    ["nexttrack", () => player.turn(1)],
  ];
  for (const [name, action] of actions) {
    try {
      navigator.mediaSession.setActionHandler(name, action);
    } catch {
      // a browser that does not know this action has no key for it either
    }
  }
}
