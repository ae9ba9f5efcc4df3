/** A file that a person sent: a picture to be seen, or a document; fetched with the token, never by address. */

import { h } from "./dom.js";

const SAVED_MS = 60_000; // by then the browser has taken the content over

/** What of a message is a file for the customer, or null. */
export function sentFile({ author, data }) {
  return author !== "customer" && data?.attachment?.file ? data.attachment : null;
}

/** Draw it; `on.file(seq)` fetches its content. */
export function fileCard({ seq, name: from, data }, texts, on) {
  const { kind, name, file } = data.attachment;
  const size = file.size < 1e6 ? `${Math.ceil(file.size / 1e3)} KB` : `${texts.number((file.size / 1e6).toFixed(1))} MB`;
  const fault = h("p", { class: "fine" });
  const save = async () => {
    fault.textContent = "";
    try {
      const href = URL.createObjectURL(await on.file(seq));
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
    kind === "image" && picture(seq, texts.t("pictureFrom", { name: from }), on),
    h("button", { type: "button", class: "save", dir: "auto", onclick: save }, texts.t("saveFile", { name, size })),
    fault,
  );
}

/** The frame has its height before the picture is there, so that the talk does not jump. */
function picture(seq, alt, on) {
  const image = h("img", { alt, class: "picture" });
  const gone = () => image.remove(); // also where the page's own rules allow no such pictures
  image.addEventListener("error", gone);
  on.file(seq).then((content) => {
    image.src = URL.createObjectURL(content);
    image.addEventListener("load", () => URL.revokeObjectURL(image.src), { once: true });
  }, gone);
  return image;
}
