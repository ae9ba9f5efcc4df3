/** The head of the panel: who is on the other side, with what face, and what can be done there. */

import { h, icon } from "./dom.js";
import { portrait } from "./portrait.js";
import { canSpeak } from "./speech.js";

const CLOSE = "M6 6l12 12M18 6L6 18";
const MORE = "M5 12h.01M12 12h.01M19 12h.01"; // three dots, by the round ends of lines
const LOUDSPEAKER = "M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM15.5 9a4 4 0 010 6M18 6.5a8 8 0 010 11";

export class Header {
  #texts;
  #face = null;
  #mood = "neutral";
  #picture;
  #initials = h("span", { class: "initials", "aria-hidden": "true", hidden: true });
  #title = h("h2", { id: "title" });
  #state = h("p", { class: "state" });
  #speaker;
  #lang;
  #closer;

  /** `on.speakUp()`, `on.lang()`, `on.more()`, `on.close()`. */
  constructor(texts, on) {
    this.#texts = texts;
    this.#picture = portrait();
    const button = (name, act, ...children) => h("button", { type: "button", class: name, onclick: act }, ...children);
    this.#speaker = button("speaker", () => on.speakUp(), icon(LOUDSPEAKER));
    this.#speaker.setAttribute("aria-pressed", "false");
    this.#lang = button("lang", () => on.lang());
    this.more = button("more-button", () => on.more(), icon(MORE));
    this.more.setAttribute("aria-expanded", "false");
    this.#closer = button("close", () => on.close(), icon(CLOSE));
    this.element = h(
      "header",
      {},
      h("span", { class: "avatar" }, this.#picture, this.#initials),
      h("div", { class: "names" }, this.#title, this.#state),
      canSpeak && this.#speaker,
      this.#lang,
      this.more,
      this.#closer,
    );
  }

  /** Put another face there: a site's own picture, or the living one, which can `setMood` and `speak`. */
  wear(element, face = null) {
    this.#face?.stop();
    this.#face = face;
    element.toggleAttribute("hidden", this.#picture.hasAttribute("hidden"));
    this.#picture.replaceWith(element);
    this.#picture = element;
    face?.setMood(this.#mood);
  }

  /** The mood of the last message. */
  set mood(mood) {
    this.#mood = mood;
    this.#face?.setMood(mood);
  }

  /** A passing one; null gives the last message's back. */
  pose(mood) {
    this.#face?.setMood(mood ?? this.#mood);
  }

  mouth(visemes) {
    this.#face?.speak(visemes);
  }

  set speaking(on) {
    this.#speaker.setAttribute("aria-pressed", String(on));
  }

  show(who, { state }) {
    this.#title.textContent = who;
    this.#state.textContent = this.#texts.code("state", state);
    // The drawn face is the assistant's; a person never wears it.
    this.#initials.hidden = state !== "csr";
    this.#picture.toggleAttribute("hidden", state === "csr");
    this.#initials.textContent = who.split(/\s+/, 2).map((word) => [...word][0]).join("");
  }

  relabel(lang) {
    const t = (key) => this.#texts.t(key);
    const name = (button, label) => button.setAttribute("aria-label", label);
    name(this.#speaker, t("speakUp"));
    name(this.#closer, t("close"));
    name(this.more, t("more"));
    name(this.#lang, t("otherLangName"));
    this.#lang.textContent = t("otherLang");
    this.#lang.lang = lang === "id" ? "en" : "id";
  }
}
