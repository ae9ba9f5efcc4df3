/** Where the customer writes: Enter sends, Shift+Enter breaks the line, too long is said and kept. */

import { h, icon } from "./dom.js";
import { canListen } from "./speech.js";

const MAX = 4096; // characters, as the server counts them
const WARN = 3800;
const TYPING_MS = 3_000;
const SEND = "M4 12l16-8-6 16-2.5-6.5z";
const CLIP = "M20 11.5l-8 8a5 5 0 01-7-7l8.5-8.5a3.3 3.3 0 014.7 4.7L9.8 17a1.6 1.6 0 01-2.3-2.3l7.5-7.4";
const MIC = "M12 15a3 3 0 003-3V6a3 3 0 00-6 0v6a3 3 0 003 3zM6 11.5a6 6 0 0012 0M12 17.5V21";

export class Composer {
  #texts;
  #on;
  #input;
  #label = h("label", { class: "unseen", for: "input" });
  #count = h("p", { class: "count", id: "count", hidden: true });
  #send;
  #mic;
  #clip;
  #picker;
  #slot = h("div", { class: "tray", hidden: true });
  #tray = null; // of the part that shows what is to be sent
  #uploads = null; // {max_mb, kinds, accept}: what the site takes
  #note = h("p", { class: "fine", hidden: true });
  #told = 0;

  /** `on.send({text, file?})` when it is sent, `on.typing(bool)` while it is written, `on.listen()` for the microphone, `on.changed(text)`. */
  constructor(texts, on) {
    this.#texts = texts;
    this.#on = on;
    this.#input = h("textarea", {
      id: "input", rows: "1", dir: "auto", enterkeyhint: "send", autocomplete: "off", "aria-describedby": "count",
      oninput: () => this.#changed(), onkeydown: (event) => this.#key(event),
      onpaste: (event) => this.#dropped(event, event.clipboardData),
    });
    this.#send = h("button", { type: "submit", class: "send" }, icon(SEND));
    this.#mic = h("button", { type: "button", class: "mic", "aria-pressed": "false", onclick: () => on.listen() }, icon(MIC));
    this.#picker = h("input", { type: "file", hidden: true, tabindex: "-1", onchange: () => this.#picked() });
    this.#clip = h("button", { type: "button", class: "clip", hidden: true, onclick: () => this.#picker.click() }, icon(CLIP));
    const row = h("div", { class: "row" }, this.#picker, this.#clip, this.#label, this.#input, canListen && this.#mic, this.#send);
    this.element = h(
      "form",
      {
        class: "composer", novalidate: true, onsubmit: (event) => this.#submit(event),
        ondragover: (event) => this.#uploads && event.preventDefault(), ondrop: (event) => this.#dropped(event, event.dataTransfer),
      },
      this.#note, this.#slot, this.#count, row,
    );
    this.relabel();
  }

  get text() {
    return this.#input.value;
  }

  set text(text) {
    this.#input.value = text;
    this.#changed();
  }

  focus() {
    this.#input.focus();
  }

  /** What files the site takes; without it none can be sent. */
  set uploads(uploads) {
    this.#uploads = uploads ?? null;
    this.#clip.hidden = !uploads;
    this.#picker.accept = uploads?.accept ?? "";
  }

  set listening(on) {
    this.#mic.setAttribute("aria-pressed", String(on));
  }

  /** A line above the input; null takes it away. */
  note(text) {
    this.#note.hidden = !text;
    this.#note.textContent = text ?? "";
  }

  relabel() {
    this.#mic.setAttribute("aria-label", this.#texts.t("listen"));
    this.#clip.setAttribute("aria-label", this.#texts.t("attach"));
    this.#label.textContent = this.#texts.t("input");
    this.#input.placeholder = this.#texts.t("placeholder");
    this.#send.setAttribute("aria-label", this.#texts.t("send"));
    this.#measure();
  }

  #key(event) {
    // While a word is being composed (an input method), Enter chooses the word.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.#submit(event);
  }

  #submit(event) {
    event.preventDefault();
    const text = this.#input.value.trim();
    if ((!text && !this.#tray?.waits) || this.#length() > MAX) return this.focus();
    const file = this.#tray?.take();
    this.text = "";
    this.#on.typing(false);
    this.#told = 0;
    this.#on.send(file ? { text, file } : { text });
  }

  #picked() {
    const [file] = this.#picker.files;
    this.#picker.value = ""; // so that the same one can be chosen again
    if (file) this.#attach(file);
  }

  #dropped(event, { files }) {
    if (!this.#uploads || !files.length) return;
    event.preventDefault();
    this.#attach(files[0]);
  }

  async #attach(file) {
    try {
      const { mountTray } = await this.#on.part("attach");
      this.#tray ??= mountTray(this.#slot, this.#texts, { limits: this.#uploads, announce: this.#on.announce });
    } catch {
      return this.note(this.#texts.t("attachFailed"));
    }
    this.#tray.add(file);
    this.focus();
  }

  #changed() {
    const { style } = this.#input;
    style.height = "auto";
    style.height = `${this.#input.scrollHeight}px`;
    this.#measure();
    this.#on.changed(this.#input.value);
    if (!this.#input.value || Date.now() - this.#told < TYPING_MS) return;
    this.#told = Date.now();
    this.#on.typing(true);
  }

  #measure() {
    const count = this.#length();
    if (count < WARN && this.#count.hidden) return; // the usual case; numbers in words take their time
    const over = count - MAX;
    const numbers = { count: this.#texts.number(count), max: this.#texts.number(MAX), over: this.#texts.number(over) };
    this.#count.hidden = count < WARN;
    this.#count.textContent = count < WARN ? "" : this.#texts.t(over > 0 ? "tooLong" : "count", numbers);
    this.#count.classList.toggle("over", over > 0);
    if (over > 0) this.#input.setAttribute("aria-invalid", "true");
    else this.#input.removeAttribute("aria-invalid");
  }

  /** Characters, not UTF-16 units: an emoji counts once, as on the server. */
  #length() {
    const text = this.#input.value;
    return text.length < WARN ? text.length : [...text.trim()].length;
  }
}
