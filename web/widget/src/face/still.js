/** Nara as the text of an SVG file, for what wants a picture's address; build.js writes it. */

import { MOODS, drawing } from "./drawing.js";

export function still(mood = "neutral", name = "Nara") {
  return `${drawing(written, MOODS[mood], { xmlns: "http://www.w3.org/2000/svg", role: "img", "aria-label": name })}\n`;
}

function written(tag, attributes, ...children) {
  const kept = Object.entries(attributes).filter(([name]) => name !== "data-part" && name !== "class");
  const inside = children.flat(3).join("");
  const start = `<${tag}${kept.map(([name, value]) => ` ${name}="${value}"`).join("")}`;
  return inside ? `${start}>${inside}</${tag}>` : `${start}/>`;
}
