/** The parts of the page that are fetched when they are needed. */

const UPDATED = "Fireside has been updated since you opened this page. Reload it, and try again.";
const OFFLINE = "You are offline, and this part of the page is not on this device yet.";

/** Fetch what the first view does without; what fails is thrown as a sentence. */
export async function fetchLater() {
  try {
    return await import("./later.js");
  } catch (error) {
    // A deployment replaces the files of the one before.
    throw new Error(navigator.onLine ? UPDATED : OFFLINE, { cause: error });
  }
}
