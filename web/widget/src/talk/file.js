/** A file that somebody sent: a picture to be seen, or a document; fetched with the token, never by address. */

import { h } from "../dom.js";
import { size } from "./amounts.js";

const SAVED_MS = 60_000; // by then the browser has taken the content over

/** Draw it; `on.file(message)` gives its content. */
export function fileCard(message, texts, on) {
  const { kind, name, file } = message.data.attachment;
  if (!file?.size) return file && stateOf(file, name, texts);
  const from = message.author === "customer" ? texts.t("you") : message.name;
  const fault = h("p", { class: "fine" });
  const save = async () => {
    fault.textContent = "";
    try {
      const href = URL.createObjectURL(await on.file(message));
      h("a", { href, download: name }).click();
      setTimeout(() => URL.revokeObjectURL(href), SAVED_MS);
    } catch (error) {
      fault.textContent = error.detail || texts.t("fileFailed");
      on.announce(fault.textContent);
    }
  };
  return h(
    "div",
    { class: "card file" },
    kind === "image" && picture(message, texts.t("pictureFrom", { name: from }), on),
    h("button", { type: "button", class: "save", dir: "auto", onclick: save }, texts.t("saveFile", { name, size: size(file.size, texts) })),
    fault,
  );
}

/** While it is being checked, or after it was refused, there is nothing to be saved. */
function stateOf({ held, refused }, name, texts) {
  if (!held && !refused) return null;
  const state = texts.t(held ? "fileHeld" : "fileRefused");
  return h("div", { class: "card file" }, h("p", { dir: "auto" }, name), h("p", { class: "fine" }, state));
}

/** The frame has its height before the picture is there, so that the talk does not jump. */
function picture(message, alt, on) {
  const image = h("img", { alt, class: "picture" });
  const gone = () => image.remove(); // also where the page's own rules allow no such pictures
  image.addEventListener("error", gone);
  on.file(message).then((content) => {
    image.src = URL.createObjectURL(content);
    image.addEventListener("load", () => URL.revokeObjectURL(image.src), { once: true });
  }, gone);
  return image;
}
