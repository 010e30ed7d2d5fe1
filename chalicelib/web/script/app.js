/** Starts everything, and shows the view that the address names. */

import { matchAddress } from "./addresses.js";
import { authorization, device } from "./api.js";
import { chapterView } from "./chapter.js";
import { discardEdits } from "./dialog.js";
import { el, find, setAttribute, setText } from "./dom.js";
import { demonstration, openedFromDevice } from "./embedded.js";
import { startWorker } from "./installing.js";
import { claimDevice, forgetDevice, keptAnswer, opensWithoutToken } from "./kept.js";
import { startKeys } from "./keys.js";
import { fetchLater } from "./lazy.js";
import { libraryView } from "./library.js";
import { errorPanel } from "./notices.js";
import { startPlaces } from "./place.js";
import { player } from "./player.js";
import { startPlayerBar } from "./playerbar.js";
import { rememberScroll, restoreScroll, startScrolling } from "./scrolling.js";
import { signInView } from "./signin.js";
import { startSoleTab } from "./soletab.js";
import { clearDrafts, forgetToken, signedIn, token } from "./store.js";
import { storyView } from "./story.js";
import { startTitles } from "./titles.js";
import { ViewContext } from "./viewcontext.js";
import { readiness, startWatching } from "./watch.js";
import { demonstrationSentence } from "./words.js";

/** @type {ReadonlyArray<[string, (context: ViewContext, ...values: string[]) => void]>} */
const ROUTES = [
  ["", libraryView],
  ["new", lazyView("makeView")],
  ["usage", lazyView("usageView")],
  ["usage/{month}", lazyView("usageView")],
  ["story/{story_id}", storyView],
  ["story/{story_id}/change", lazyView("changeView")],
  ["story/{story_id}/next", lazyView("nextView")],
  ["story/{story_id}/{number}", chapterView],
];

/**
 * Make a view of one that has to be fetched.
 * @param {"makeView" | "changeView" | "nextView" | "usageView"} name
 */
function lazyView(name) {
  /** @param {ViewContext} context @param {...string} values */
  return async (context, ...values) => {
    const fetched = fetchLater().catch((error) => {
      if (context.signal.aborted) return;
      context.heading("Not loaded");
      context.add(errorPanel(error, () => showView(true)));
    });
    const view = /** @type {((context: ViewContext, ...values: string[]) => void) | undefined} */ (
      (await fetched)?.[name]
    );
    if (!context.signal.aborted) view?.(context, ...values);
  };
}

const main = find("#content", HTMLElement);
const nav = find("#nav", HTMLElement);
const signOut = find("#sign-out", HTMLButtonElement);
const skip = find(".skip", HTMLAnchorElement);
const offline = find("#offline", HTMLElement);
const shown = find("#demonstration", HTMLElement);

/** The context of the current view. */
let context = new ViewContext(main, false);
let here = location.hash;
let signedOut = !token() && !opensWithoutToken();

/**
 * Show the view of the current address.
 * @param {boolean} takesFocus whether the user came from another view
 */
function showView(takesFocus) {
  rememberScroll();
  context.end();
  context = new ViewContext(main, takesFocus);
  nav.hidden = signedOut;
  signOut.hidden = !signedIn();
  for (const link of nav.querySelectorAll("a")) {
    setAttribute(link, "aria-current", link.hash.slice(2) === path().split("/")[0] ? "page" : null);
  }
  restoreScroll(main);
  if (signedOut) signInView(context, enter);
  else showRoute(path());
}

const path = () => location.hash.replace(/^#\/?/, "");

function enter() {
  signedOut = false;
  claimDevice();
  showView(true);
}

/** @param {string} wanted */
function showRoute(wanted) {
  for (const [template, view] of ROUTES) {
    const values = matchAddress(template, wanted);
    if (values) {
      view(context, ...values);
      return;
    }
  }
  context.heading("There is nothing here");
  context.add(el("p", {}, el("a", { href: "#/" }, "Back to the library")));
}

/** Go where the address says, unless the user wants to keep edits that would be lost. */
async function followAddress() {
  const wanted = location.hash;
  if (wanted === here) return;
  if (context.unsaved()) {
    history.replaceState(null, "", location.pathname + location.search + here);
    if (!(await discardEdits())) return;
    context.unsaved = () => false;
    location.hash = wanted;
    return;
  }
  here = wanted;
  showView(true);
}

/** Ask for a token again when the current one is not accepted any more; what was being written is kept. */
authorization.onRefused = () => {
  if (signedOut) return;
  // The server is back, and its page has the token that the one on this device must not have.
  if (!token() && openedFromDevice()) {
    location.reload();
    return;
  }
  signedOut = true;
  forgetToken();
  player.stop();
  showView(true);
};

signOut.addEventListener("click", async () => {
  if (context.unsaved() && !(await discardEdits())) return;
  context.unsaved = () => false;
  // First: it would note its place once more when the page goes.
  player.stop();
  forgetToken();
  clearDrafts();
  await forgetDevice();
  location.hash = "#/";
  location.reload();
});

skip.addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});

window.addEventListener("hashchange", followAddress);
window.addEventListener("beforeunload", (event) => {
  if (context.unsaved()) event.preventDefault();
});

const OFFLINE = "You are offline. You can go on with what is on this page and on this device; all else has to wait.";
const UNREACHED = "Fireside cannot be reached right now. This is what is kept on this device.";

/** Whether what is shown came from the device. */
let fromDevice = false;

const showConnection = () => setText(offline, navigator.onLine ? (fromDevice ? UNREACHED : "") : OFFLINE);
device.onUsed = (used) => {
  fromDevice = used;
  showConnection();
};
window.addEventListener("online", showConnection);
window.addEventListener("offline", showConnection);

device.answer = keptAnswer;
claimDevice();
readiness.addEventListener("ready", async (event) => {
  const { story, numbers } = /** @type {CustomEvent<import("./watch.js").Ready>} */ (event).detail;
  const later = await fetchLater().catch(() => null);
  later?.tellReady(story, numbers);
});

showConnection();
setText(shown, demonstrationSentence(demonstration()));
shown.hidden = !shown.textContent;
startWatching();
startPlayerBar();
startKeys();
startWorker();
startPlaces(() => player.storyId);
startSoleTab();
startTitles();
startScrolling();
showView(false);
