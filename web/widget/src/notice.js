/** The line that says how the connection is, if it stays that way for a moment. */

import { h } from "./dom.js";

const QUIET_MS = 1_500; // a shorter interruption is not worth a word

export class Notice {
  #texts;
  #announce;
  #text = h("p", { dir: "auto" });
  #again;
  #link = ["online"];
  #timer = 0;

  /** `again()` tries at once. */
  constructor(texts, { again, announce }) {
    this.#texts = texts;
    this.#announce = announce;
    this.#again = h("button", { type: "button", onclick: () => again() });
    this.element = h("div", { class: "notice", hidden: true }, this.#text, this.#again);
  }

  link(state, detail) {
    const before = this.#link[0];
    this.#link = [state, detail];
    if (state === before && state !== "busy") return;
    clearTimeout(this.#timer);
    const quiet = state === "online" || state === "busy" || state === "refused";
    this.#timer = setTimeout(() => this.#draw(), quiet ? 0 : QUIET_MS);
  }

  relabel() {
    this.#again.textContent = this.#texts.t("again");
    this.#draw();
  }

  #draw() {
    const [state, detail] = this.#link;
    const shown = !this.element.hidden;
    this.element.hidden = state === "online";
    this.element.dataset.state = state;
    const seconds = Math.ceil(detail);
    const text = state === "refused" && detail ? detail : this.#texts.t(`link.${state}`, { seconds });
    this.#again.hidden = state === "busy";
    if (state !== "online") this.#text.textContent = text;
    if (shown || state !== "online") this.#announce(text);
  }
}
