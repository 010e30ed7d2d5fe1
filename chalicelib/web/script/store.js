/** What the browser remembers: the token and drafts of this tab, and across visits the place in each story. */

const door = document.querySelector("meta[name=fireside-token]").content;

/** Storage that may be full, or forbidden by the browser: then nothing is remembered, and all else goes on. */
function remembering(storage) {
  const attempt = (act) => {
    try {
      return act(storage());
    } catch {
      return null;
    }
  };
  return {
    get: (key) => attempt((items) => JSON.parse(items.getItem(`fireside.${key}`))),
    set: (key, value) => attempt((items) => items.setItem(`fireside.${key}`, JSON.stringify(value))),
    remove: (key) => attempt((items) => items.removeItem(`fireside.${key}`)),
  };
}

const tab = remembering(() => sessionStorage);
const browser = remembering(() => localStorage);

let typed = tab.get("token") ?? "";

/** The bearer token: one that was typed in here, else the one this machine's own page came with. */
export const token = () => typed || door;

/** Whether somebody signed in by hand. */
export const signedIn = () => typed !== "";

/** Keep a token for this tab. */
export function keepToken(value) {
  typed = value;
  tab.set("token", value);
}

/** Forget the token. */
export function forgetToken() {
  typed = "";
  tab.remove("token");
}

/** The story being thought of on `New story`. */
export const draft = {
  get: () => tab.get("draft"),
  set: (fields) => tab.set("draft", fields),
  clear: () => tab.remove("draft"),
};

/** Where somebody stopped listening to a story: `{chapter, seconds}`. */
export const place = {
  get: (storyId) => browser.get(`place.${storyId}`),
  set: (storyId, chapter, seconds) => browser.set(`place.${storyId}`, { chapter, seconds }),
  clear: (storyId) => browser.remove(`place.${storyId}`),
};

/** How fast somebody listens. */
export const speed = {
  get: () => browser.get("speed") ?? 1,
  set: (rate) => browser.set("speed", rate),
};

/** Whether single keys control the player, in this tab. */
export const shortcuts = {
  get: () => tab.get("shortcuts") ?? true,
  set: (on) => tab.set("shortcuts", on),
};
