/** The assistant as drawn before the living face (face/face.js) is there; `data-mood` chooses the mouth. */

import { h, s } from "./dom.js";

const MOUTHS = {
  neutral: "M25 41q7 5 14 0",
  happy: "M24 40q8 9 16 0",
  thinking: "M27 43h9",
  sorry: "M26 44q6-4 12 0",
};

export function portrait(pictures) {
  if (pictures?.neutral) return h("img", { class: "face", src: pictures.neutral, alt: "" });
  return s(
    "svg",
    { viewBox: "0 0 64 64", class: "face", "data-mood": "neutral", "aria-hidden": "true", focusable: "false" },
    s("circle", { class: "face-back", cx: 32, cy: 32, r: 32 }),
    s("path", { class: "face-hair", d: "M12 40C8 14 22 8 33 9c13 0 22 10 19 31l-2 13H14z" }),
    s("path", { class: "face-body", d: "M10 64c1-9 9-13 22-13s21 4 22 13z" }),
    s("path", { class: "face-skin", d: "M27 46h10v6q-5 5-10 0z" }),
    s("ellipse", { class: "face-skin", cx: 32, cy: 34, rx: 14, ry: 16 }),
    s("path", { class: "face-hair", d: "M17 32c1-13 9-17 17-16 9 0 13 7 13 16-6-1-10-4-12-8-3 5-9 8-18 8z" }),
    s("circle", { class: "face-line-fill", cx: 26, cy: 35, r: 1.8 }),
    s("circle", { class: "face-line-fill", cx: 38, cy: 35, r: 1.8 }),
    ...Object.entries(MOUTHS).map(([mood, d]) => s("path", { class: `face-mouth ${mood}`, d })),
  );
}
