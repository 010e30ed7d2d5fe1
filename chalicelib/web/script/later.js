/**
 * What the first view does without: a bundle of its own, which `fetchLater` fetches when it is needed.
 *
 * It is one module, since every further one would split what it shares with the first view into one more file.
 */

export { scriptEditor } from "./editor.js";
export { keepingTools, removeKept } from "./keeping.js";
export { changeView, makeView, nextView } from "./make.js";
export { playerTools } from "./playertools.js";
export { readyAsk, tellReady } from "./ready.js";
export { sharePanel } from "./sharing.js";
export { usageView } from "./usage.js";
