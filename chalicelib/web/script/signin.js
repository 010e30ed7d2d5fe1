/** Sign in: a pasted token, tried before it is kept. */

/** @import { ViewContext } from "./viewcontext.js" */

import { ApiError, authorization, get } from "./api.js";
import { el } from "./dom.js";
import { formError, runAction } from "./notices.js";
import { forgetToken, keepToken } from "./store.js";

/**
 * Show the view; `entered()` is called once a token was accepted.
 * @param {ViewContext} context
 * @param {() => void} entered
 */
export function signInView(context, entered) {
  context.heading("Sign in");
  const error = formError({ id: "token-error" });
  const field = el("input", {
    id: "token",
    type: "password",
    autocomplete: "current-password",
    required: true,
    "aria-describedby": "token-hint token-error",
  });
  const stay = el("input", { type: "checkbox", id: "stay" });
  const submit = el("button", { class: "primary" }, "Sign in");
  const form = el(
    "form",
    { class: "sheet narrow", novalidate: true },
    el("p", { class: "lead" }, "A quiet place for stories told aloud. Come in with the token you were given."),
    el("input", { hidden: true, autocomplete: "username", value: "Fireside" }),
    el("label", { for: "token" }, "Token"),
    el(
      "p",
      { class: "hint", id: "token-hint" },
      "Ask whoever runs this Fireside for one. It is kept in this tab only, unless you stay signed in.",
    ),
    field,
    el("p", { class: "check" }, stay, el("label", { for: "stay" }, "Stay signed in on this device")),
    error.node,
    el("div", { class: "actions" }, submit),
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const done = await runAction(submit, error, () => tryToken(field.value.trim(), stay.checked));
    field.setAttribute("aria-invalid", String(!done));
    if (done) entered();
    else field.focus();
  });
  context.add(form);
}

/** @param {string} token @param {boolean} stays */
async function tryToken(token, stays) {
  if (!token) throw new Error("Paste your token first.");
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new Error("This cannot be a token: a token has no spaces and no accented letters.");
  }
  const { onRefused } = authorization;
  authorization.onRefused = () => {};
  keepToken(token, stays);
  try {
    await get("/stories", { limit: 1 });
  } catch (error) {
    forgetToken();
    const unknown = error instanceof ApiError && error.status === 401;
    throw unknown ? new Error("Fireside does not know this token. Check that you copied all of it.") : error;
  } finally {
    authorization.onRefused = onRefused;
  }
}
