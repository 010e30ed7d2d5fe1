/** The player's bar at the bottom of the page, and its controls on lock screens and headphones. */

import { button, el, icon, setAttribute, setText } from "./dom.js";
import { clock, spokenClock } from "./format.js";
import { player } from "./player.js";

const RATES = [0.75, 0.9, 1, 1.1, 1.25, 1.5, 1.75, 2];
const BACK_S = 15;
const FORWARD_S = 30;
const ARROW_S = 5;

/** What can be done to the player by button, key or headphone. */
export const controls = {
  toggle: () => player.toggle(),
  back: () => player.seek(player.position - BACK_S),
  forward: () => player.seek(player.position + FORWARD_S),
  previous: () => player.turn(-1),
  next: () => player.turn(1),
};

/** Build the bar; it shows once something plays. */
export function startPlayerBar() {
  const region = document.getElementById("player");
  const story = el("a", { class: "player-story" });
  const chapter = el("span", { class: "player-chapter" });
  const note = el("span", { class: "player-note", role: "status" });
  const toggle = round("play", "Play", controls.toggle, "main");
  const previous = round("previous", "Previous chapter", controls.previous);
  const next = round("next", "Next chapter", controls.next);
  const elapsed = el("span", { class: "time" }, "0:00");
  const total = el("span", { class: "time" }, "0:00");
  const slider = positionSlider();
  region.append(
    el("div", { class: "player-place" }, elapsed, slider, total),
    el("p", { class: "player-title" }, story, chapter, note),
    el(
      "div",
      { class: "player-controls" },
      previous,
      round("back", "Back 15 seconds", controls.back, "", "15"),
      toggle,
      round("forward", "Forward 30 seconds", controls.forward, "", "30"),
      next,
      speedSelect(),
    ),
  );

  player.addEventListener("change", () => {
    region.hidden = !player.storyId;
    setText(story, player.story?.title ?? "");
    setAttribute(story, "href", `#/story/${player.storyId}`);
    setText(chapter, player.chapter ? `${player.number}. ${player.chapter.title}` : "");
    setText(note, noteOf(player));
    const name = player.playing ? "Pause" : "Play";
    if (toggle.getAttribute("aria-label") !== name) {
      setAttribute(toggle, "aria-label", name);
      toggle.replaceChildren(icon(name.toLowerCase()));
    }
    setAttribute(previous, "aria-disabled", player.number <= 1);
    setAttribute(next, "aria-disabled", player.number >= (player.story?.num_chapters ?? 0));
    tellSystem();
  });
  player.addEventListener("time", () => {
    const [position, duration] = [player.position, player.duration];
    setText(elapsed, clock(position));
    setText(total, clock(duration));
    slider.show(position, duration);
    tellSystemPosition(position, duration);
  });
  new ResizeObserver(() => {
    document.documentElement.style.setProperty("--player-height", `${region.offsetHeight}px`);
  }).observe(region);
  takeSystemActions();
}

function round(name, label, onClick, kind = "", inside = "") {
  return button("", onClick, { class: `round ${kind}`, "aria-label": label, title: label }, icon(name, inside));
}

function noteOf({ problem, waiting, story, number, wanted }) {
  if (problem) return problem;
  if (!waiting) return "";
  if (story.task_id) return wanted ? `Chapter ${number} is being made, and starts by itself.` : "Being made.";
  return `Chapter ${number} has no sound yet.`;
}

/** Arrow keys go by seconds that one can hear, however long the chapter is. */
function positionSlider() {
  const slider = el("input", { type: "range", class: "position", "aria-label": "Position", min: 0, max: 1, value: 0 });
  let held = false;
  slider.addEventListener("input", () => {
    held = true;
    fill();
  });
  slider.addEventListener("change", () => {
    held = false;
    player.seek(Number(slider.value));
  });
  slider.addEventListener("keydown", (event) => {
    const steps = { ArrowLeft: -ARROW_S, ArrowDown: -ARROW_S, ArrowRight: ARROW_S, ArrowUp: ARROW_S }[event.key];
    if (!steps) return;
    event.preventDefault();
    player.seek(player.position + steps);
  });
  const fill = () => {
    slider.style.setProperty("--fill", `${(100 * slider.value) / (slider.max || 1)}%`);
    setAttribute(slider, "aria-valuetext", `${spokenClock(slider.value)} of ${spokenClock(slider.max)}`);
  };
  slider.show = (position, duration) => {
    if (held) return;
    setAttribute(slider, "max", Math.max(1, Math.round(duration)));
    slider.value = Math.round(position);
    fill();
  };
  return slider;
}

function speedSelect() {
  const select = el("select", { "aria-label": "Speed", title: "Speed", class: "speed" });
  for (const rate of RATES) select.append(el("option", { value: rate }, `${rate}×`));
  select.value = String(player.rate);
  select.addEventListener("change", () => player.setRate(Number(select.value)));
  return select;
}

function tellSystem() {
  const session = navigator.mediaSession;
  if (!session) return;
  session.playbackState = player.storyId ? (player.playing ? "playing" : "paused") : "none";
  if (!player.chapter) return;
  const [title, album] = [player.chapter.title, player.story.title];
  if (session.metadata?.title === title && session.metadata.album === album) return;
  const artwork = [{ src: document.querySelector("link[rel=icon]").href, type: "image/svg+xml", sizes: "any" }];
  session.metadata = new MediaMetadata({ title, album, artist: "Fireside", artwork });
}

function tellSystemPosition(position, duration) {
  if (!navigator.mediaSession?.setPositionState || !(duration > 0)) return;
  navigator.mediaSession.setPositionState({
    duration,
    position: Math.min(position, duration),
    playbackRate: player.rate,
  });
}

function takeSystemActions() {
  if (!navigator.mediaSession) return;
  const actions = {
    play: () => player.playing || player.toggle(),
    pause: () => player.playing && player.toggle(),
    seekbackward: ({ seekOffset }) => player.seek(player.position - (seekOffset || BACK_S)),
    seekforward: ({ seekOffset }) => player.seek(player.position + (seekOffset || FORWARD_S)),
    seekto: ({ seekTime }) => player.seek(seekTime),
    previoustrack: controls.previous,
    nexttrack: controls.next,
  };
  for (const [name, action] of Object.entries(actions)) {
    try {
      navigator.mediaSession.setActionHandler(name, action);
    } catch {
      // a browser that does not know this action has no key for it either
    }
  }
}
