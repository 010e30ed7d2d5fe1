/** Sign in: a pasted token, tried before it is kept. */

import { authorization, get } from "./api.js";
import { el } from "./dom.js";
import { attempt, complaint } from "./notices.js";
import { forgetToken, keepToken } from "./store.js";

/** The view; `entered()` is called once a token was accepted. */
export function signInView(stage, entered) {
  stage.heading("Sign in");
  const complain = complaint({ id: "token-error" });
  const field = el("input", {
    id: "token",
    type: "password",
    autocomplete: "current-password",
    required: true,
    "aria-describedby": "token-hint token-error",
  });
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
      "Whoever runs this Fireside gives it to you. It stays in this tab only.",
    ),
    field,
    complain.node,
    el("div", { class: "actions" }, submit),
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const done = await attempt(submit, complain, () => tryToken(field.value.trim()));
    field.setAttribute("aria-invalid", String(!done));
    if (done) entered();
    else field.focus();
  });
  stage.add(form);
}

async function tryToken(token) {
  if (!token) throw new Error("Paste your token first.");
  if (!/^[\x21-\x7e]+$/.test(token)) throw new Error("That is not a token: it has no spaces and plain letters only.");
  const refused = authorization.refused;
  authorization.refused = () => {};
  keepToken(token);
  try {
    await get("stories?limit=1");
  } catch (error) {
    forgetToken();
    throw error.status === 401 ? new Error("This token is not known here. Check that all of it was copied.") : error;
  } finally {
    authorization.refused = refused;
  }
}
