/** Where the customer writes: Enter sends, Shift+Enter breaks the line, too long is said and kept. */

import { h, icon } from "./dom.js";
import { canListen } from "./speech.js";

const MAX = 4096; // characters, as the server counts them
const WARN = 3800;
const TYPING_MS = 3_000;
const SEND = "M4 12l16-8-6 16-2.5-6.5z";
const MIC = "M12 15a3 3 0 003-3V6a3 3 0 00-6 0v6a3 3 0 003 3zM6 11.5a6 6 0 0012 0M12 17.5V21";

export class Composer {
  #texts;
  #on;
  #input;
  #label = h("label", { class: "unseen", for: "input" });
  #count = h("p", { class: "count", id: "count", hidden: true });
  #send;
  #mic;
  #note = h("p", { class: "fine", hidden: true });
  #told = 0;

  /** `on.text(text)` when it is sent, `on.typing(bool)` while it is written, `on.listen()` for the microphone. */
  constructor(texts, on) {
    this.#texts = texts;
    this.#on = on;
    this.#input = h("textarea", {
      id: "input", rows: "1", dir: "auto", enterkeyhint: "send", autocomplete: "off", "aria-describedby": "count",
      oninput: () => this.#changed(), onkeydown: (event) => this.#key(event),
    });
    this.#send = h("button", { type: "submit", class: "send" }, icon(SEND));
    this.#mic = h("button", { type: "button", class: "mic", "aria-pressed": "false", onclick: () => on.listen() }, icon(MIC));
    const row = h("div", { class: "row" }, this.#label, this.#input, canListen && this.#mic, this.#send);
    this.element = h("form", { class: "composer", novalidate: true, onsubmit: (event) => this.#submit(event) }, this.#note, this.#count, row);
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
    if (!text || this.#length() > MAX) return this.focus();
    this.text = "";
    this.#on.typing(false);
    this.#told = 0;
    this.#on.text(text);
  }

  #changed() {
    const { style } = this.#input;
    style.height = "auto";
    style.height = `${this.#input.scrollHeight}px`;
    this.#measure();
    if (!this.#input.value || Date.now() - this.#told < TYPING_MS) return;
    this.#told = Date.now();
    this.#on.typing(true);
  }

  #measure() {
    const count = this.#length();
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
