/** The assistant as drawn before the living face (face/face.js) is there, or a site's own picture. */

import { h, s } from "./dom.js";

/* global PORTRAIT -- build.js puts it in: [tag, attributes, children], see face/still.js */
const grown = ([tag, attributes, children]) => s(tag, attributes, ...children.map(grown));

export function portrait(pictures) {
  if (pictures?.neutral) return h("img", { class: "face", src: pictures.neutral, alt: "" });
  const drawn = grown(PORTRAIT);
  for (const [name, value] of [["class", "face"], ["aria-hidden", "true"], ["focusable", "false"]]) drawn.setAttribute(name, value);
  return drawn;
}
