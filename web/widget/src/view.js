/** The widget's frame: launcher, header, notice, log and composer, and who is on the other side. */

import { Composer } from "./composer.js";
import { h, icon } from "./dom.js";
import { Log } from "./log.js";
import { part } from "./parts.js";
import { portrait } from "./portrait.js";
import { canSpeak } from "./speech.js";

const CLOSE = "M6 6l12 12M18 6L6 18";
const LOUDSPEAKER = "M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM15.5 9a4 4 0 010 6M18 6.5a8 8 0 010 11";
const TYPING_MS = 15_000; // a "typing off" that got lost
const QUIET_MS = 1_500; // a shorter interruption is not worth a word

export class View {
  #texts;
  #on;
  #persona = { name: "Nara" };
  #presence = { state: "bot" };
  #typingTimer = 0;
  #noticeTimer = 0;
  #unread = 0;
  #mood = "neutral";
  #living = null;
  #link = ["online"];

  /** `on.open()`, `on.close()`, `on.again()`, `on.lang()`, `on.speakUp()`, and what Log and Composer tell. */
  constructor(texts, on) {
    this.#texts = texts;
    this.#on = on;
    this.log = new Log(texts, { ...on, announce: (text) => this.announce(text) });
    this.composer = new Composer(texts, on);
    this.#build();
    this.relabel();
    visualViewport?.addEventListener("resize", () => this.#fit());
  }

  get opened() {
    return !this.panel.hidden;
  }

  open() {
    this.panel.hidden = false;
    this.#unread = 0;
    this.#drawLauncher();
    this.log.toEnd();
    this.composer.focus();
  }

  close() {
    this.panel.hidden = true;
    this.#drawLauncher();
    this.launcher.focus();
  }

  session(persona) {
    this.#persona = { ...this.#persona, ...persona };
    this.#presence = { state: "bot" };
    this.log.greet(this.#persona);
    this.relabel();
  }

  /** Put the living face in the header; the drawn one stays where it cannot be fetched. */
  enliven(root, pictures = null) {
    this.#living ??= part("face").then(({ createFace, styles }) => {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(styles);
      root.adoptedStyleSheets.push(sheet);
      this.face = createFace({ pictures });
      this.face.setMood(this.#mood);
      this.avatar.firstChild.replaceWith(this.face.element);
    });
    return this.#living.catch(() => (this.#living = null));
  }

  /** The face while something else than the last message moves it; null gives it back. */
  mood(mood) {
    this.face?.setMood(mood ?? this.#mood);
  }

  pressed({ listening, speaking }) {
    this.composer.listening = listening;
    this.speaker.setAttribute("aria-pressed", String(speaking));
  }

  presence({ state, name }) {
    this.#presence = { state, name };
    this.#drawHeader();
  }

  /** Take up new messages: who speaks, with what face, and how many are unread. */
  messages(messages) {
    const theirs = messages.filter(({ author }) => author === "bot" || author === "csr");
    const last = theirs.at(-1);
    if (last) this.#spoken(last); // first: it changes what is shown, and the log scrolls to its end
    this.log.add(messages);
    if (!last) return;
    if (!this.opened) this.#unread += theirs.length;
    this.#drawLauncher();
  }

  #spoken({ author, kind, data, mood, name }) {
    this.typing({ on: false });
    this.#mood = mood ?? "neutral";
    this.face?.setMood(this.#mood);
    if (author === "csr" && this.#presence.state !== "csr") this.presence({ state: "csr", name });
    if (kind === "handoff" && data?.state) this.presence({ state: data.state, name: this.#presence.name });
  }

  typing({ on, author }) {
    clearTimeout(this.#typingTimer);
    const name = author === "csr" ? (this.#presence.name ?? this.#texts.t("state.csr")) : this.#persona.name;
    this.log.typing(on);
    this.announce(on ? this.#texts.t("typing", { name }) : "");
    if (on) this.#typingTimer = setTimeout(() => this.typing({ on: false }), TYPING_MS);
  }

  /** Say how the connection is, if it stays that way for a moment. */
  link(state, detail) {
    const before = this.#link[0];
    this.#link = [state, detail];
    if (state === before && state !== "busy") return;
    if (state !== "online") this.typing({ on: false });
    clearTimeout(this.#noticeTimer);
    const quiet = state === "online" || state === "busy" || state === "refused";
    this.#noticeTimer = setTimeout(() => this.#drawNotice(), quiet ? 0 : QUIET_MS);
  }

  announce(text) {
    this.status.textContent = text;
  }

  relabel() {
    const t = (key, values) => this.#texts.t(key, values);
    this.root.lang = this.#texts.lang;
    this.root.setAttribute("aria-label", t("panel", { name: this.#persona.name }));
    this.closer.setAttribute("aria-label", t("close"));
    this.speaker.setAttribute("aria-label", t("speakUp"));
    this.langButton.textContent = t("otherLang");
    this.langButton.setAttribute("aria-label", t("otherLangName"));
    this.langButton.lang = this.#texts.lang === "id" ? "en" : "id";
    this.again.textContent = t("again");
    this.log.relabel();
    this.composer.relabel();
    this.#drawHeader();
    this.#drawLauncher();
    this.#drawNotice();
  }

  #build() {
    const on = this.#on;
    this.avatar = h("span", { class: "avatar" }, portrait());
    this.initials = h("span", { class: "initials", "aria-hidden": "true", hidden: true });
    this.avatar.append(this.initials);
    this.title = h("h2", { id: "title" });
    this.state = h("p", { class: "state" });
    this.speaker = h("button", { type: "button", class: "speaker", "aria-pressed": "false", onclick: () => on.speakUp() }, icon(LOUDSPEAKER));
    this.langButton = h("button", { type: "button", class: "lang", onclick: () => on.lang() });
    this.closer = h("button", { type: "button", class: "close", onclick: () => on.close() }, icon(CLOSE));
    this.noticeText = h("p", { dir: "auto" });
    this.again = h("button", { type: "button", onclick: () => on.again() });
    this.notice = h("div", { class: "notice", hidden: true }, this.noticeText, this.again);
    this.status = h("p", { class: "unseen", role: "status" });
    this.panel = h(
      "div",
      { class: "panel", role: "dialog", id: "panel", "aria-labelledby": "title", hidden: true, onkeydown: (event) => this.#key(event) },
      h("header", {}, this.avatar, h("div", { class: "names" }, this.title, this.state), canSpeak && this.speaker, this.langButton, this.closer),
      this.notice,
      this.log.element,
      this.composer.element,
    );
    this.launcherText = h("span", { class: "launcher-text" });
    this.badge = h("span", { class: "badge", hidden: true, "aria-hidden": "true" });
    this.launcher = h("button", { type: "button", class: "launcher", "aria-controls": "panel", onclick: () => on.open() }, portrait(), this.launcherText, this.badge);
    this.root = h("section", { class: "widget" }, this.panel, this.launcher, this.status);
  }

  #key(event) {
    if (event.key === "Escape") this.#on.close();
    if (event.key !== "Tab" || !this.fills) return;
    // On a phone the panel covers the page, so the focus must not walk about behind it.
    const stops = [...this.panel.querySelectorAll("button, textarea, a[href], summary, [tabindex]")].filter((stop) => stop.checkVisibility());
    const active = this.panel.getRootNode().activeElement;
    const leaving = event.shiftKey ? stops[0] : stops.at(-1);
    if (active !== leaving) return;
    event.preventDefault();
    (event.shiftKey ? stops.at(-1) : stops[0]).focus();
  }

  /** True where the panel covers the whole page. */
  get fills() {
    return this.panel.offsetWidth >= document.documentElement.clientWidth;
  }

  /** Keep the composer above an on-screen keyboard, which covers a page without shrinking it (iOS). */
  #fit() {
    const { height, offsetTop, scale } = visualViewport;
    if (scale > 1.01) return; // the customer is zooming
    this.panel.style.setProperty("--room", `${height}px`);
    this.panel.style.setProperty("--room-top", `${offsetTop}px`);
    this.log.toEnd();
  }

  #drawHeader() {
    const { state, name } = this.#presence;
    const who = state === "csr" && name ? name : this.#persona.name;
    this.title.textContent = who;
    this.state.textContent = this.#texts.code("state", state);
    this.panel.dataset.presence = state;
    // The drawn face is the assistant's; a person never wears it.
    this.initials.hidden = state !== "csr";
    this.initials.textContent = who.split(/\s+/, 2).map((word) => [...word][0]).join("");
  }

  #drawLauncher() {
    const { name } = this.#persona;
    const count = this.#unread;
    this.launcher.hidden = this.opened;
    this.launcher.setAttribute("aria-expanded", String(this.opened));
    this.launcher.setAttribute("aria-label", this.#texts.t(count ? "openUnread" : "open", { name, count }));
    this.launcherText.textContent = this.#texts.t("launcher", { name });
    this.badge.hidden = count === 0;
    this.badge.textContent = count > 9 ? "9+" : count;
  }

  #drawNotice() {
    const [state, detail] = this.#link;
    const shown = !this.notice.hidden;
    this.notice.hidden = state === "online";
    this.notice.dataset.state = state;
    const seconds = Math.ceil(detail);
    const text = state === "refused" && detail ? detail : this.#texts.t(`link.${state}`, { seconds });
    this.again.hidden = state === "busy";
    if (state !== "online") this.noticeText.textContent = text;
    if (shown || state !== "online") this.announce(text);
  }
}
