/** The player's bar at the bottom of the page, and its controls on lock screens and headphones. */

import { button, el, find, icon, iconAddress, iconButton, setAttribute, setText } from "./dom.js";
import { clock } from "./format.js";
import { fetchLater } from "./lazy.js";
import { player } from "./player.js";
import { positionSlider } from "./slider.js";

const RATES = [0.75, 0.9, 1, 1.1, 1.25, 1.5, 1.75, 2];
const BACK_S = 15;
const FORWARD_S = 30;

/** What buttons, keys and headphones do to the player. */
export const controls = {
  toggle: () => player.toggle(),
  back: () => player.seek(player.position - BACK_S),
  forward: () => player.seek(player.position + FORWARD_S),
  previous: () => player.turn(-1),
  next: () => player.turn(1),
};

/** Build the bar; it shows once something plays. */
export function startPlayerBar() {
  const region = find("#player", HTMLElement);
  const timeline = timelineRow();
  const title = titleRow();
  const buttons = controlRow();
  const tools = toolRow();
  region.append(timeline.node, title.node, buttons.node, tools.node);
  player.addEventListener("change", () => {
    if (!region.hidden && !player.storyId && region.contains(document.activeElement)) find("h1", HTMLElement).focus();
    region.hidden = !player.storyId;
    tools.update();
    title.update();
    buttons.update();
    updateMediaSession();
  });
  player.addEventListener("time", () => {
    timeline.update();
    updateMediaPosition();
  });
  new ResizeObserver(() => {
    document.documentElement.style.setProperty("--player-height", `${region.offsetHeight}px`);
  }).observe(region);
  handleMediaKeys();
}

/** Make the row with the position and the duration. */
function timelineRow() {
  const elapsed = el("span", { class: "time" }, "0:00");
  const total = el("span", { class: "time" }, "0:00");
  const slider = positionSlider(player);
  const update = () => {
    setText(elapsed, clock(player.position));
    setText(total, clock(player.duration));
    slider.show(player.position, player.duration);
  };
  return { node: el("div", { class: "player-place" }, elapsed, slider.node, total), update };
}

/** Make the row that names the story and the chapter. */
function titleRow() {
  const story = el("a", { class: "player-story" });
  const chapter = el("span", { class: "player-chapter" });
  const note = el("span", { class: "player-note", role: "status" });
  const update = () => {
    setText(story, player.story?.title ?? "");
    setAttribute(story, "href", `#/story/${player.storyId}`);
    setText(chapter, player.chapter ? `${player.number}. ${player.chapter.title}` : "");
    setText(note, playerNote(player));
  };
  return { node: el("p", { class: "player-title" }, story, chapter, note), update };
}

/** Make the row of buttons. */
function controlRow() {
  const toggle = round("play", "Play", controls.toggle, "main");
  const previous = round("previous", "Previous chapter", controls.previous);
  const next = round("next", "Next chapter", controls.next);
  const back = round("back", "Back 15 seconds", controls.back, "", "15");
  const forward = round("forward", "Forward 30 seconds", controls.forward, "", "30");
  const node = el("div", { class: "player-controls" }, previous, back, toggle, forward, next);
  const update = () => {
    const [name, shape] = player.playing
      ? /** @type {const} */ (["Pause", "pause"])
      : /** @type {const} */ (["Play", "play"]);
    if (toggle.getAttribute("aria-label") !== name) {
      setAttribute(toggle, "aria-label", name);
      toggle.replaceChildren(icon(shape));
    }
    setAttribute(previous, "aria-disabled", player.number <= 1);
    setAttribute(next, "aria-disabled", player.number >= (player.story?.num_chapters ?? 0));
  };
  return { node, update };
}

/**
 * @param {import("./dom.js").IconName} name
 * @param {string} label
 * @param {() => void} onClick
 * @param {string} [kind] a further class
 * @param {string} [inside] what is drawn into the icon
 */
function round(name, label, onClick, kind = "", inside = "") {
  const node = button("", onClick, { class: `round ${kind}`, "aria-label": label, title: label });
  node.replaceChildren(icon(name, inside));
  return node;
}

/** @param {typeof player} state */
function playerNote({ problem, waiting, story, number, wanted }) {
  if (problem) return problem;
  if (!waiting) return "";
  if (story?.task_id) return wanted ? `Chapter ${number} starts as soon as it is ready.` : "In progress.";
  return `Chapter ${number} has no audio yet.`;
}

/** Make the row of the speed, what is fetched with the first sound (sleep timer, bookmarks), and the way out. */
function toolRow() {
  const speed = speedSelect();
  const more = el("div", { class: "player-more" });
  const close = iconButton("close", "Close the player", () => player.stop(), { title: "Close the player" });
  const node = el("div", { class: "player-tools" }, speed.node, more, close);
  let asked = false;
  const update = async () => {
    speed.update();
    if (asked || !player.storyId) return;
    asked = true;
    const later = await fetchLater().catch(() => null);
    asked = later !== null;
    if (later) more.replaceChildren(...later.playerTools());
  };
  return { node, update };
}

function speedSelect() {
  const select = el("select", { "aria-label": "Speed", title: "Speed", class: "speed" });
  for (const rate of RATES) select.append(el("option", { value: rate }, `${rate}×`));
  select.addEventListener("change", () => player.setRate(Number(select.value)));
  const update = () => {
    const { rate } = player;
    // Another client may have chosen one that is not among these.
    if (!RATES.includes(rate) && !select.querySelector(`[value="${rate}"]`)) {
      select.append(el("option", { value: rate }, `${rate}×`));
    }
    if (select.value !== String(rate)) select.value = String(rate);
  };
  update();
  return { node: select, update };
}

/** Tell the operating system what plays. */
function updateMediaSession() {
  if (!("mediaSession" in navigator)) return;
  const session = navigator.mediaSession;
  session.playbackState = !player.storyId ? "none" : player.playing ? "playing" : "paused";
  if (!player.chapter || !player.story) return;
  const [title, album] = [player.chapter.title, player.story.title];
  if (session.metadata?.title === title && session.metadata.album === album) return;
  const artwork = [{ src: iconAddress(), type: "image/svg+xml", sizes: "any" }];
  session.metadata = new MediaMetadata({ title, album, artist: "Fireside", artwork });
}

function updateMediaPosition() {
  const { position, duration, rate } = player;
  if (!("mediaSession" in navigator) || !("setPositionState" in navigator.mediaSession) || !(duration > 0)) return;
  navigator.mediaSession.setPositionState({ duration, position: Math.min(position, duration), playbackRate: rate });
}

/** Obey the keys of keyboards, headphones and lock screens. */
function handleMediaKeys() {
  if (!("mediaSession" in navigator)) return;
  /** @type {Array<[MediaSessionAction, MediaSessionActionHandler]>} */
  const actions = [
    ["play", () => player.playing || player.toggle()],
    ["pause", () => player.playing && player.toggle()],
    ["seekbackward", ({ seekOffset }) => player.seek(player.position - (seekOffset || BACK_S))],
    ["seekforward", ({ seekOffset }) => player.seek(player.position + (seekOffset || FORWARD_S))],
    ["seekto", ({ seekTime }) => player.seek(seekTime ?? player.position)],
    ["previoustrack", controls.previous],
    ["nexttrack", controls.next],
  ];
  for (const [name, action] of actions) {
    try {
      navigator.mediaSession.setActionHandler(name, action);
    } catch {
      // a browser that does not know this action has no key for it either
    }
  }
}
