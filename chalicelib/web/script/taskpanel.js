/** What is being done to a story: how far it is, what it is at, and a way to stop it. */

import { post } from "./api.js";
import { button, el, setAttribute, setText } from "./dom.js";
import { attempt, complaint, failure } from "./notices.js";

/** The panel; `show(watch)` patches it, and hides it when nothing runs. */
export function taskPanel(where) {
  const bar = el("div", { class: "progress", role: "progressbar", "aria-label": "Progress" }, el("span"));
  bar.setAttribute("aria-valuemin", 0);
  bar.setAttribute("aria-valuemax", 100);
  const percent = el("span", { class: "percent", "aria-hidden": "true" });
  const complain = complaint();
  const cancel = button("Cancel", () =>
    attempt(cancel, complain, async () => {
      try {
        await post(`tasks/${current.story.task_id}/cancel`);
      } finally {
        await current.refresh();
      }
    }),
  );
  const node = el(
    "div",
    { class: "task", hidden: true },
    el("div", { class: "bar" }, bar, percent),
    complain.node,
    el("div", { class: "actions" }, cancel),
  );
  let current = null;
  where.append(node);

  return {
    show(watch) {
      current = watch;
      node.hidden = !watch.running;
      const done = watch.task?.progress ?? 0;
      setAttribute(bar, "aria-valuenow", done);
      bar.firstChild.style.setProperty("width", `${done}%`);
      setText(percent, `${done}%`);
      setAttribute(bar, "aria-valuetext", `${done}%, ${taskSentence(watch)}`);
    },
  };
}

/** What the running task does, and whether it is known at the moment. */
export function taskSentence(watch) {
  if (watch.error) return `${watch.error.message} Trying again…`;
  const { status, message } = watch.task ?? {};
  return message || (status === "queued" ? "Waiting for a free worker" : "Starting");
}

/** A story that could not be fetched: what to do about it. */
export function storyFailure(watch) {
  const missing = watch.error.status === 404;
  const error = missing ? new Error("This story does not exist, or it was deleted.") : watch.error;
  return el(
    "div",
    {},
    failure(error, missing ? null : () => watch.refresh()),
    el("p", {}, el("a", { href: "#/" }, "Back to the library")),
  );
}
