/**
 * Nara, drawn from numbers: a pose is what can move (brows, eyes, mouth, head), and every picture of her, still or
 * living, is this drawing in some pose. 160 x 160; colours are attributes, so that no page's CSP minds them.
 */

const SKIN = "#dca477";
const SHADE = "#c98a5f";
const HAIR = "#33221f";
const SHINE = "#55382f";
const LINE = "#3a2420";
const LIP = "#a8412f";

/** What stands still in no mood; `look` moves the eyes, `c` lifts the corners of the mouth, `o` opens it. */
const CALM = { browL: 0, browR: 0, browTilt: 0, eye: 1, smile: 0, lookX: 0, lookY: 0, w: 14, c: 5, o: 0, tilt: 0, dip: 0, blush: 0.34, extra: 0 };

export const MOODS = {
  neutral: CALM,
  happy: { ...CALM, browL: -3, browR: -3, smile: 1, w: 18, c: 7, o: 8, tilt: -2, blush: 0.6 },
  thinking: { ...CALM, browL: -6, browR: 0, lookX: -4, lookY: -4, w: 8, c: -1, tilt: 3, extra: 1 },
  sorry: { ...CALM, browL: -2, browR: -2, browTilt: 12, eye: 0.9, lookY: 1, w: 10, c: -2.6, tilt: -5, dip: 3, blush: 0.46 },
  surprised: { ...CALM, browL: -6, browR: -6, eye: 1.2, w: 7, c: 0, o: 9, dip: -2 },
  listening: { ...CALM, browL: -4, browR: -4, eye: 1.08, lookX: -2, w: 11, c: 4, tilt: -5, extra: 2 },
};

/** Mouth shapes of speech; what a shape does not say stays as the mood has it. */
export const SHAPES = {
  rest: {},
  m: { w: 13, c: 2, o: 0 }, // m, b, p
  f: { w: 12, c: 2, o: 2.5 }, // f, v
  s: { w: 15, c: 3, o: 3.5 }, // s, t, d, n, c, j
  l: { w: 13, c: 3, o: 5.5 }, // l, r
  e: { w: 16, c: 4, o: 6 }, // e, i
  a: { w: 13, c: 3, o: 11 }, // a
  o: { w: 9, c: 0, o: 9 }, // o
  u: { w: 6.5, c: 0, o: 6 }, // u, w
};

const X = 80;
const MOUTH_Y = 104;
const EYES = [60, 100];
const EYE_Y = 80;

/** The attributes of every part that moves, by its name. */
export function posed(pose) {
  const { w, c, o, eye, smile, lookX, lookY } = pose;
  const [left, right, corner] = [X - w, X + w, MOUTH_Y - c];
  const round = Math.min(Math.max((o / w - 0.55) * 1.6, 0), 1); // a small open mouth has no corners
  const [upper, lower] = [MOUTH_Y + c - o * (0.5 + round * 0.7), MOUTH_Y + c + o * (1.9 - round * 0.5)];
  const [inL, inR] = [X - w * 0.82, X + w * 0.82];
  const inY = corner + (c > 0 ? c * 0.34 : 0);
  const teeth = Math.min(o * 0.62, 5);
  const parts = {
    head: { transform: `rotate(${n(pose.tilt)} 80 128) translate(0 ${n(pose.dip)})` },
    mouth: { d: `M${n(left)} ${n(corner)}C${arc(left, right, corner, upper, round)}C${arc(right, left, corner, lower, round)}z`, fill: o > 0.6 ? "#6e1f22" : "none" },
    teeth: { d: `M${n(inL)} ${n(inY)}Q80 ${n(upper + 1)} ${n(inR)} ${n(inY)}Q80 ${n(upper + 1 + teeth * 2)} ${n(inL)} ${n(inY)}z`, opacity: o > 2 && w > 9 ? 1 : 0 },
    tongue: { cx: X, cy: n((corner + lower) / 2 - o * 0.1), rx: n(w * 0.42), ry: n(Math.max(o * 0.26, 0.1)), opacity: o > 5 ? 1 : 0 },
    blush: { opacity: n(pose.blush) },
    dots: { opacity: pose.extra === 1 ? 1 : 0 },
    waves: { opacity: pose.extra === 2 ? 1 : 0 },
  };
  EYES.forEach((x, side) => {
    const [lift, turn] = [side ? pose.browR : pose.browL, side ? pose.browTilt : -pose.browTilt];
    const laughing = smile > 0.5;
    const open = Math.max(eye, 0.06);
    const top = EYE_Y - 10.5 * open;
    parts[`brow${side}`] = { transform: `translate(0 ${n(lift)}) rotate(${n(turn)} ${x} 62)` };
    parts[`eye${side}`] = { transform: `translate(${n(lookX)} ${n(lookY)})`, opacity: laughing || eye < 0.2 ? 0 : 1 };
    parts[`iris${side}`] = { ry: n(7.9 * open) };
    const [lidX, lidY] = [x + lookX * 0.6, EYE_Y + (laughing ? 2 : 2 - 3 * open + lookY * 0.9)];
    const bend = laughing ? EYE_Y - 13 : eye < 0.2 ? EYE_Y + 7 : top - 4.5 + lookY * 0.9;
    parts[`lid${side}`] = { d: `M${n(lidX - 10)} ${n(lidY)}Q${n(lidX)} ${n(bend)} ${n(lidX + 10)} ${n(lidY)}` };
  });
  return parts;
}

/** The whole drawing in `pose`; `make(tag, attributes, ...children)` makes elements, or text. */
export function drawing(make, pose, root = {}) {
  const at = posed(pose);
  const part = (name, tag, attributes, ...children) => make(tag, { "data-part": name, ...attributes, ...at[name] }, ...children);
  const stroke = (colour, width) => ({ fill: "none", stroke: colour, "stroke-width": width, "stroke-linecap": "round", "stroke-linejoin": "round" });
  const eye = (x, side) => [
    part(`brow${side}`, "path", { d: side ? "M91 63q9-6 19-1" : "M50 62q10-5 19 1", ...stroke(LINE, 4.4) }),
    part(`eye${side}`, "g", {}, part(`iris${side}`, "ellipse", { cx: x, cy: EYE_Y, rx: 6.6, fill: LINE }), make("circle", { cx: x + 2.2, cy: EYE_Y - 2.8, r: 2.1, fill: "#fff" })),
    part(`lid${side}`, "path", stroke(LINE, 3.4)),
  ];
  return make("svg", { viewBox: "0 0 160 160", ...root },
    make("circle", { cx: 80, cy: 80, r: 80, fill: "#f2dfc2" }),
    make("path", { class: "nara-cloth", d: "M20 133c14-9 34-13 60-13s46 4 60 13a80 80 0 0 1-120 0z", fill: "#0b5f5c" }),
    part("head", "g", {},
      make("path", { d: "M32 78C26 36 50 12 82 12c34 0 54 24 47 68-1 22 0 40-11 50H42c-11-10-9-32-10-52z", fill: HAIR }),
      make("path", { d: "M64 108h32v22q-16 14-32 0z", fill: SHADE }),
      make("path", { d: "M40 74c0-28 16-42 40-42s40 14 40 42c0 30-18 51-40 51S40 104 40 74z", fill: SKIN }),
      part("blush", "g", { fill: "#e0674f" }, make("ellipse", { cx: 51, cy: 94, rx: 8, ry: 5.4 }), make("ellipse", { cx: 109, cy: 94, rx: 8, ry: 5.4 })),
      make("path", { d: "M80 82q5 8-1 10.5", ...stroke(SHADE, 3) }),
      EYES.flatMap(eye),
      part("mouth", "path", { stroke: LIP, "stroke-width": 3.6, "stroke-linejoin": "round", "stroke-linecap": "round" }),
      part("tongue", "ellipse", { fill: "#d9694f" }),
      part("teeth", "path", { fill: "#fff" }),
      make("path", { d: "M36 88C30 48 44 20 80 18c31-1 47 21 45 66-6-12-11-30-25-42C88 48 66 46 53 54c-9 6-13 18-17 34z", fill: HAIR }),
      make("path", { d: "M52 42c8-10 20-14 34-13", ...stroke(SHINE, 4) }),
      make("g", { fill: "#fff6ea" }, [0, 72, 144, 216, 288].map((turn) => make("ellipse", { cx: 121, cy: 44, rx: 5.6, ry: 8.4, transform: `rotate(${turn} 121 53)` }))),
      make("circle", { cx: 121, cy: 53, r: 4.6, fill: "#e9785c" }),
    ),
    make("path", { d: "M60 120l20 24 20-24 10 3-14 27-16-12-16 12-14-27z", fill: "#fbf3e4" }),
    make("circle", { cx: 118, cy: 139, r: 4.6, fill: "#e9785c" }),
    part("dots", "g", { fill: "#0b5f5c" }, [[22, 70, 3], [19, 56, 4.2], [27, 40, 5.6]].map(([cx, cy, r]) => make("circle", { cx, cy, r }))),
    part("waves", "g", stroke("#0b5f5c", 4), make("path", { d: "M21 68q-6 10 0 20" }), make("path", { d: "M11 61q-9 17 0 34" })),
  );
}

/** A curve from one corner of the mouth to the other, past `peak`: like an eyelid, or like an egg where it is round. */
function arc(from, to, corner, peak, round) {
  const inward = ((to - from) / 3) * (1 - round);
  const y = n(corner + (peak - corner) * (2 / 3 + round * 0.12));
  return `${n(from + inward)} ${y} ${n(to - inward)} ${y} ${n(to)} ${n(corner)}`;
}

/** A number as short as the eye allows. */
function n(value) {
  return Math.round(value * 100) / 100;
}
