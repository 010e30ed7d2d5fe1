/** Starts everything, and shows the view that the address names. */

import { authorization } from "./api.js";
import { chapterView } from "./chapter.js";
import { discardEdits } from "./dialog.js";
import { el, setAttribute, setText } from "./dom.js";
import { startKeys } from "./keys.js";
import { libraryView } from "./library.js";
import { makeView } from "./make.js";
import { player } from "./player.js";
import { startPlayerBar } from "./playerbar.js";
import { signInView } from "./signin.js";
import { Stage } from "./stage.js";
import { draft, forgetToken, signedIn, token } from "./store.js";
import { storyView } from "./story.js";
import { usageView } from "./usage.js";
import { startWatching } from "./watch.js";

const ROUTES = [
  [/^$/, libraryView],
  [/^new$/, makeView],
  [/^usage(?:\/(\d{4}-(?:0[1-9]|1[0-2])))?$/, usageView],
  [/^story\/([0-9a-f]{32})$/, storyView],
  [/^story\/([0-9a-f]{32})\/([1-9]\d?)$/, chapterView],
];

const main = document.getElementById("content");
const nav = document.getElementById("nav");
const signOut = document.getElementById("sign-out");

let stage = null;
let here = location.hash;
let outside = !token();

/** Show the view of the present address; `moved`: somebody came from another view. */
function showView(moved) {
  stage?.end();
  stage = new Stage(main, moved);
  nav.hidden = outside;
  signOut.hidden = !signedIn();
  for (const link of nav.querySelectorAll("a")) {
    setAttribute(link, "aria-current", link.hash.slice(2) === path().split("/")[0] ? "page" : null);
  }
  if (moved) window.scrollTo(0, 0);
  if (outside) {
    signInView(stage, () => {
      outside = false;
      showView(true);
    });
    return;
  }
  const [view, ...parts] = routed(path());
  view(stage, ...parts);
}

const path = () => location.hash.replace(/^#\/?/, "");

function routed(wanted) {
  for (const [pattern, view] of ROUTES) {
    const match = pattern.exec(wanted);
    if (match) return [view, ...match.slice(1)];
  }
  return [nowhereView];
}

function nowhereView(at) {
  at.heading("There is nothing here");
  at.add(el("p", {}, el("a", { href: "#/" }, "Back to the library")));
}

/** The address has changed: go there, unless edits would be lost that somebody wants to keep. */
async function moved() {
  const wanted = location.hash;
  if (wanted === here) return;
  if (stage.unsaved()) {
    history.replaceState(null, "", location.pathname + location.search + here);
    if (!(await discardEdits())) return;
    stage.unsaved = () => false;
    location.hash = wanted;
    return;
  }
  here = wanted;
  showView(true);
}

/** A token that is not accepted any more: back to the door, and what was being written is kept. */
authorization.refused = () => {
  if (outside) return;
  outside = true;
  forgetToken();
  player.stop();
  showView(true);
};

signOut.addEventListener("click", async () => {
  if (stage.unsaved() && !(await discardEdits())) return;
  stage.unsaved = () => false;
  forgetToken();
  draft.clear();
  location.hash = "#/";
  location.reload();
});

document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});

window.addEventListener("hashchange", moved);
window.addEventListener("beforeunload", (event) => {
  if (stage.unsaved()) event.preventDefault();
});

const sayOffline = () => {
  const words = "You are offline. What is on the page stays; everything else waits for the connection.";
  setText(document.getElementById("offline"), navigator.onLine ? "" : words);
};
window.addEventListener("online", sayOffline);
window.addEventListener("offline", sayOffline);

sayOffline();
startWatching();
startPlayerBar();
startKeys();
showView(false);
