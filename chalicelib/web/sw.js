/**
 * The service worker: it opens the page without a connection. What the API says it neither keeps nor sees; chapters that
 * are to be heard offline are kept by the page itself.
 *
 * The server writes two constants above: VERSION, the page's version, and FILES, the names of all of its files.
 */

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));

const KEPT = "fireside-page-";
const BASE = new URL("./", worker.location.href);
const ASSETS = new URL("assets/", BASE).pathname;

/** A token that the server writes into the page on one machine; no cache may hold it. */
const TOKEN = /<meta name="fireside-token" content="[^"]*">/;
const NO_TOKEN = '<meta name="fireside-token" content="" data-kept>';

const HEADERS = ["Content-Type", "Content-Security-Policy", "Referrer-Policy"];

/** Keep all files of this version, and the page: all of them, or nothing. */
async function keepPage() {
  const cache = await caches.open(KEPT + VERSION);
  await cache.addAll(FILES.map((name) => new URL(`assets/${VERSION}/${name}`, BASE).href));
  const response = await fetch(BASE, { cache: "no-store" });
  const html = await response.text();
  const known = response.ok && html.includes(`assets/${VERSION}/`) && TOKEN.test(html);
  if (!known) throw new Error("The page is of another version.");
  const headers = HEADERS.map((name) => [name, response.headers.get(name) ?? ""]);
  await cache.put(BASE, new Response(html.replace(TOKEN, NO_TOKEN), { headers: Object.fromEntries(headers) }));
}

/** Remove what earlier versions kept: this one takes over once no page of theirs is open. */
async function removeOthers() {
  const names = (await caches.keys()).filter((name) => name.startsWith(KEPT) && name !== KEPT + VERSION);
  await Promise.all(names.map((name) => caches.delete(name)));
}

/**
 * Answer with the page from the server, or where that cannot be reached, the one that was kept.
 * @param {Request} request
 */
async function answerPage(request) {
  try {
    return await fetch(request);
  } catch {
    return (await caches.match(BASE)) ?? Response.error();
  }
}

/**
 * Answer with a file of the page: its address says its version, so one that was kept never is an old one.
 * @param {Request} request
 */
const answerFile = async (request) => (await caches.match(request)) ?? fetch(request);

worker.addEventListener("install", (event) => event.waitUntil(keepPage()));
worker.addEventListener("activate", (event) => event.waitUntil(removeOthers()));
worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== BASE.origin) return;
  if (request.mode === "navigate") {
    // Below a stage, the page has two addresses: with the last slash, and without.
    if (`${pathname}/`.replace("//", "/") === BASE.pathname) event.respondWith(answerPage(request));
  } else if (pathname.startsWith(ASSETS)) {
    event.respondWith(answerFile(request));
  }
});
