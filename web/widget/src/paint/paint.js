/** A shop's colours on the chat, as far as its text stays readable in them. */

const AA = 4.5; // WCAG 1.4.3
const GROUND = { light: [251, 247, 240], dark: [20, 29, 28] };

/** Dress `element`; a colour that is none changes nothing. */
export function paint({ style }, { accent, on_accent: onAccent }) {
  const colour = rgb(accent);
  if (!colour) return;
  const text = rgb(onAccent);
  const readable = text && contrast(colour, text) >= AA ? text : contrast(colour, [255, 255, 255]) >= AA ? [255, 255, 255] : [17, 24, 23];
  style.setProperty("--site-brand", css(colour));
  style.setProperty("--site-brand-strong", css(mixed(colour, contrast(readable, [0, 0, 0]) > AA ? [0, 0, 0] : [255, 255, 255], 0.2)));
  style.setProperty("--site-on-brand", css(readable));
  style.setProperty("--site-link", css(towards(colour, [0, 0, 0], GROUND.light)));
  style.setProperty("--site-link-dark", css(towards(colour, [255, 255, 255], GROUND.dark)));
}

function towards(colour, end, ground) {
  let share = 0;
  while (share < 1 && contrast(mixed(colour, end, share), ground) < AA + 0.5) share += 0.1;
  return mixed(colour, end, Math.min(share, 1));
}

function rgb(hex) {
  const digits = /^#([\da-f]{2})([\da-f]{2})([\da-f]{2})$/i.exec(hex ?? "");
  return digits && digits.slice(1).map((pair) => parseInt(pair, 16));
}

function mixed(colour, end, share) {
  return colour.map((part, index) => Math.round(part + (end[index] - part) * share));
}

function css(colour) {
  return `rgb(${colour.join(" ")})`;
}

/** WCAG's contrast ratio. */
function contrast(one, other) {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(colour) {
  const [r, g, b] = colour.map((part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
