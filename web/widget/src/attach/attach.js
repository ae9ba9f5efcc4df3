/** The file that waits above the input to be sent: seen, named, and refused at once if the server would refuse it. */

import { h, icon } from "../dom.js";
import { size as sizeOf } from "../talk/amounts.js";
import css from "./attach.css";
import en from "./en.json";
import id from "./id.json";

export const styles = css;
export const words = { id, en };

const CLOSE = "M6 6l12 12M18 6L6 18";
const PAPER = "M7 3h7l5 5v13H7zM14 3v5h5";

/** `limits` is `{max_mb, kinds}`. */
export function mountTray(slot, texts, { limits, announce }) {
  let waiting = null; // {file, release}

  function show(...children) {
    slot.replaceChildren(...children);
    slot.hidden = children.length === 0;
  }

  function drop() {
    waiting?.release();
    waiting = null;
    show();
  }

  /** Why the server would not take it, or null. */
  function fault({ size, type }) {
    if (size === 0) return texts.t("attach.empty");
    if (size > limits.max_mb * 1e6) return texts.t("attach.large", { size: sizeOf(size, texts), max: texts.number(limits.max_mb) });
    if (type && limits.kinds.length && !limits.kinds.includes(type)) return texts.t("attach.kind");
    return null;
  }

  return {
    get waits() {
      return waiting !== null;
    },
    add(file) {
      waiting?.release();
      waiting = null;
      const why = fault(file);
      if (why) {
        announce(why);
        return show(h("p", { class: "why", dir: "auto" }, `${file.name}: ${why}`));
      }
      const address = file.type.startsWith("image/") ? URL.createObjectURL(file) : null;
      waiting = { file, release: () => address && URL.revokeObjectURL(address) };
      const thumb = address ? h("img", { src: address, alt: "" }) : icon(PAPER);
      if (address) thumb.addEventListener("error", () => thumb.replaceWith(icon(PAPER)));
      const remove = h("button", { type: "button", "aria-label": texts.t("attach.remove", { name: file.name }), onclick: drop }, icon(CLOSE));
      show(h("span", { class: "thumb" }, thumb), h("span", { class: "what" }, h("span", { dir: "auto" }, file.name), h("span", { class: "fine" }, sizeOf(file.size, texts))), remove);
      announce(texts.t("attach.ready", { name: file.name }));
    },
    /** Hand the file over; the tray is empty after it. */
    take() {
      const file = waiting?.file;
      drop();
      return file;
    },
  };
}
