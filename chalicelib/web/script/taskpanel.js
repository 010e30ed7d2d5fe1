/** What is being done to a story: how far it has come, its current step, and a way to stop it. */

/** @import { Watch } from "./watch.js" */

import { post } from "./api.js";
import { button, el, setAttribute, setText } from "./dom.js";
import { errorPanel, formError, runAction } from "./notices.js";

/**
 * Add the panel to `where`; `show(watch)` patches it, and hides it when nothing runs.
 * @param {HTMLElement} where
 */
export function taskPanel(where) {
  const fill = el("span");
  const bar = el("div", { class: "progress", role: "progressbar", "aria-label": "Progress" }, fill);
  setAttribute(bar, "aria-valuemin", 0);
  setAttribute(bar, "aria-valuemax", 100);
  const percent = el("span", { class: "percent", "aria-hidden": "true" });
  const error = formError();
  /** @type {Watch | null} */
  let current = null;
  const cancel = button("Cancel", () => runAction(cancel, error, () => cancelTask(current)));
  const node = el(
    "div",
    { class: "task", hidden: true },
    el("div", { class: "bar" }, bar, percent),
    error.node,
    el("div", { class: "actions" }, cancel),
  );
  where.append(node);

  return {
    /** @param {Watch} watch */
    show(watch) {
      current = watch;
      node.hidden = !watch.running;
      const done = watch.task?.progress ?? 0;
      setAttribute(bar, "aria-valuenow", done);
      fill.style.setProperty("width", `${done}%`);
      setText(percent, `${done}%`);
      setAttribute(bar, "aria-valuetext", `${done}%, ${taskSentence(watch)}`);
    },
  };
}

/** @param {Watch | null} watch */
async function cancelTask(watch) {
  if (!watch?.story?.task_id) return;
  try {
    await post("/tasks/{task_id}/cancel", { task_id: watch.story.task_id }, {});
  } finally {
    await watch.refresh();
  }
}

/**
 * Say what the running task does, or that this is not known at the moment.
 * @param {Pick<Watch, "error" | "task">} watch
 */
export function taskSentence({ error, task }) {
  if (error) return `${error.message} Trying again…`;
  return task?.message || (task?.status === "queued" ? "Waiting for a free worker" : "Starting");
}

/**
 * Show that a story could not be fetched, and what to do about it.
 * @param {Watch} watch
 */
export function storyError(watch) {
  const missing = watch.error?.status === 404;
  const error = missing ? new Error("This story does not exist, or it has been deleted.") : watch.error;
  return el(
    "div",
    {},
    errorPanel(error, missing ? undefined : () => watch.refresh()),
    el("p", {}, el("a", { href: "#/" }, "Back to the library")),
  );
}
