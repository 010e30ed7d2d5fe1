/** What the server writes into the page's HTML: a token on this machine, and what forms begin with. */

/**
 * What a new story has where its form is left alone.
 * @typedef {{ num_chapters: number, enhance: boolean, language: string }} Defaults
 */

/** @param {string} name */
const content = (name) => document.querySelector(`meta[name=fireside-${name}]`)?.getAttribute("content") ?? "";

/** Return which providers are only shown, since they have no keys: "author", "narrator". */
export const demonstration = () => content("demonstration").split(" ").filter(Boolean);

/** Return whether nothing at all is charged. */
export const isFree = () => demonstration().length > 1;

/** Return the id of the tale that this machine has made for a newcomer to hear, or "". */
export const firstTale = () => content("first-tale");

/** Return the token that lets this machine's own page in, or "". */
export const localToken = () => content("token");

/**
 * Return what the form of a new story begins with.
 * @returns {Defaults}
 */
export const defaults = () => JSON.parse(content("defaults"));

/** Return whether the service worker opened the page: without a connection, and without the token of this machine. */
export const openedFromDevice = () => document.querySelector("meta[name=fireside-token][data-kept]") !== null;
