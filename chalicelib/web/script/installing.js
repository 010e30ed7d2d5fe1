/** What makes the page an app: its service worker, which opens it without a connection. */

/** @typedef {{ createScriptURL: (address: string) => string }} Rules */
/** @typedef {{ createPolicy: (name: string, rules: Rules) => Rules }} Policies browsers' own, which TypeScript lacks */

const SCRIPT = "sw.js";

/** Register the service worker, where the browser has one and lets this page use it: over HTTPS, or on one machine. */
export async function startWorker() {
  if (!("serviceWorker" in navigator)) return;
  const { trustedTypes } = /** @type {{ trustedTypes?: Policies }} */ (/** @type {unknown} */ (window));
  // The page's policy lets no script be loaded by a text that anything could have written.
  const policy = trustedTypes?.createPolicy("fireside", { createScriptURL: () => addressOfWorker().href });
  const address = policy?.createScriptURL("") ?? addressOfWorker().href;
  // Without the last slash, so that the page is found at both of its addresses.
  const scope = new URL("./", document.baseURI).pathname.replace(/(.)\/$/, "$1");
  try {
    await navigator.serviceWorker.register(address, { scope, updateViaCache: "none" });
  } catch {
    // a browser that keeps nothing, as in a private window, opens the page online all the same
  }
}

const addressOfWorker = () => new URL(SCRIPT, document.baseURI);
