/** The assistant as drawn before the living face (face/face.js) is there, or a site's own picture. */

import { h, s } from "./dom.js";
import { MOODS, drawing } from "./face/drawing.js";

export function portrait(pictures) {
  if (pictures?.neutral) return h("img", { class: "face", src: pictures.neutral, alt: "" });
  return drawing(s, MOODS.neutral, { class: "face", "aria-hidden": "true", focusable: "false" });
}
