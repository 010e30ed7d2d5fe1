/** A story's cover, beside its title. */

import { el, setAttribute } from "./dom.js";

/** Make the place of a cover: a decoration, since the title stands beside it. */
export function coverPicture() {
  const node = el("img", { class: "cover", alt: "", width: 1200, height: 1200, decoding: "async" });
  let shown = "";
  /** @param {string | undefined} svg the document; hidden where there is none */
  function update(svg) {
    node.hidden = !svg;
    if (!svg || svg === shown) return;
    shown = svg;
    setAttribute(node, "src", `data:image/svg+xml,${encodeURIComponent(svg)}`);
  }
  return { node, update };
}
