/** Nara as a picture that does not move; build.js writes it as a file, and as data for portrait.js. */

import { MOODS, drawing } from "./drawing.js";

const UNSEEN = (attributes) => attributes.opacity === 0;

/** The drawing as nested `[tag, attributes, children]`, without what cannot be seen or only serves motion. */
export function portrayed(mood = "neutral") {
  return drawing(kept, MOODS[mood]);
}

function kept(tag, attributes, ...children) {
  if (UNSEEN(attributes)) return null;
  const names = Object.keys(attributes).filter((name) => name !== "data-part" && name !== "class");
  return [tag, Object.fromEntries(names.map((name) => [name, attributes[name]])), flat(children)];
}

/** One element after another; a list of elements is told from an element by what it begins with. */
function flat(children) {
  return children.flatMap((child) => (child === null ? [] : typeof child[0] === "string" ? [child] : flat(child)));
}

/** The text of an SVG file. */
export function still(name = "Nara") {
  const [tag, attributes, children] = portrayed();
  return `${written([tag, { xmlns: "http://www.w3.org/2000/svg", ...attributes, role: "img", "aria-label": name }, children])}\n`;
}

function written([tag, attributes, children]) {
  const start = `<${tag}${Object.entries(attributes).map(([name, value]) => ` ${name}="${value}"`).join("")}`;
  return children.length ? `${start}>${children.map(written).join("")}</${tag}>` : `${start}/>`;
}
