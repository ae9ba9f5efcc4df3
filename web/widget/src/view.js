/**
 * The widget's frame: the launcher at once; header, notice, log and composer when they are wanted, as most visitors
 * never want them; and what is fetched later.
 */

import { Composer } from "./composer.js";
import { h } from "./dom.js";
import { dress } from "./dress.js";
import { Header } from "./header.js";
import { Log } from "./log.js";
import { Notice } from "./notice.js";
import { part } from "./parts.js";
import { portrait } from "./portrait.js";

const TYPING_MS = 15_000; // a "typing off" that got lost
const CARDS = new Set(["order", "ticket", "offer", "handoff"]);

export class View {
  #texts;
  #on;
  #persona = { name: "Nara" };
  #settings = {};
  #presence = { state: "bot" };
  #typingTimer = 0;
  #unread = 0;
  #living = false;
  #talk = null; // the part that draws cards, once it is there
  #place = null; // {message, node}: the card of somebody who waits in line
  #menu = null;

  /** `on.open()`, `on.close()`, `on.again()`, `on.unread(count)`, and what Header, Log and Composer tell. */
  constructor(texts, on) {
    this.#texts = texts;
    this.#on = on;
    this.status = h("p", { class: "unseen", role: "status" });
    this.launcherText = h("span", { class: "launcher-text" });
    this.badge = h("span", { class: "badge", hidden: true, "aria-hidden": "true" });
    this.launcher = h("button", { type: "button", class: "launcher", "aria-controls": "panel", onclick: () => this.#on.open() }, portrait(), this.launcherText, this.badge);
    this.root = h("section", { class: "widget" }, this.launcher, this.status);
    this.relabel();
  }

  /** Build the panel, closed; nothing else of this but the launcher works before. */
  furnish() {
    if (this.panel) return;
    const { announce } = this;
    const marked = (text) => this.#talk?.markdown(text, this.#on.linkable);
    this.log = new Log(this.#texts, { ...this.#on, announce, marked, card: (message) => this.#card(message) });
    this.header = new Header(this.#texts, { ...this.#on, more: () => this.#more() });
    this.composer = new Composer(this.#texts, { ...this.#on, announce, part: (name) => this.part(name) });
    this.notice = new Notice(this.#texts, { again: this.#on.again, announce });
    this.panel = h(
      "div",
      { class: "panel", role: "dialog", id: "panel", "aria-labelledby": "title", hidden: true, onkeydown: (event) => this.#key(event) },
      this.header.element,
      this.notice.element,
      this.log.element,
      this.composer.element,
    );
    this.root.prepend(this.panel);
    visualViewport?.addEventListener("resize", () => this.#fit());
    this.#settled();
    this.relabel();
  }

  get opened() {
    return this.panel?.hidden === false;
  }

  open({ focus = true } = {}) {
    this.panel.hidden = false;
    this.read();
    this.log.toEnd();
    if (focus) this.composer.focus();
    this.#enliven();
  }

  close() {
    const inside = this.panel.contains(this.panel.getRootNode().activeElement);
    this.panel.hidden = true;
    this.#drawLauncher();
    if (inside) this.launcher.focus();
  }

  /** Nothing is unread any more, here or in another tab. */
  read() {
    this.#unread = 0;
    this.#drawLauncher();
    this.#on.unread(0);
  }

  /** Take on a site's looks; what the page itself says counts more. */
  async dressed(settings) {
    const { persona = {}, theme = {}, position } = settings;
    this.#persona = { ...this.#persona, ...persona };
    this.#settings = settings;
    this.root.dataset.side = position ?? "right";
    if (persona.pictures?.neutral) this.launcher.firstChild.replaceWith(portrait(persona.pictures));
    if (this.panel) this.#settled();
    this.relabel();
    if (theme.accent) await this.part("paint").then(({ paint }) => paint(this.root, theme), () => {}); // our own colours do
  }

  #settled() {
    const { suggestions, hours, uploads, persona } = this.#settings;
    this.log.suggestions = suggestions ?? [];
    this.log.hours = hours;
    this.composer.uploads = uploads;
    if (persona?.pictures?.neutral && !this.#living) this.header.wear(portrait(persona.pictures));
    this.log.greet(this.#persona);
  }

  /** A session may be older than the language chosen since, which the site's settings are in. */
  session(persona) {
    this.#persona = { ...this.#persona, ...persona, ...this.#settings?.persona };
    this.#presence = { state: "bot" };
    this.log.greet(this.#persona);
    this.relabel();
  }

  /** Who answers now; in line also the place and the wait, which the card then shows. */
  presence({ state, name, position, wait_minutes: wait }) {
    this.#presence = { state, name };
    this.#drawHeader();
    if (state !== "waiting" || !position || !this.#place?.node.isConnected) return;
    const { message, node } = this.#place;
    const before = message.data;
    if (before.position === position && String(before.wait_minutes) === String(wait)) return;
    const now = { ...message, data: { ...before, position, wait_minutes: wait } };
    const card = this.#talk.card(now, this.#texts, this.#cardActions());
    if (card) node.replaceWith(card);
    this.#place = { message: now, node: card ?? node };
  }

  /** Take up new messages, as soon as what draws them is there; without it the words are there, only plainer. */
  messages(messages) {
    if (this.#talk) return this.#add(messages);
    this.#talking().then(() => this.#add(messages), () => this.#add(messages));
  }

  /** Who speaks, with what face, and how many are unread. */
  #add(messages) {
    const theirs = messages.filter(({ author }) => author === "bot" || author === "csr");
    const last = theirs.at(-1);
    if (last) this.#spoken(last); // first: it changes what is shown, and the log scrolls to its end
    this.log.add(messages);
    if (!last || this.opened) return;
    this.#unread += theirs.length;
    this.#drawLauncher();
    this.#on.unread(this.#unread);
  }

  /** A message of the customer, before the server has it, and every change of its state. */
  own(item) {
    this.#talking().catch(() => {});
    this.log.own(item);
  }

  typing({ on, author }) {
    clearTimeout(this.#typingTimer);
    const name = author === "csr" ? (this.#presence.name ?? this.#texts.t("state.csr")) : this.#persona.name;
    this.log.typing(on);
    this.announce(on ? this.#texts.t("typing", { name }) : "");
    if (on) this.#typingTimer = setTimeout(() => this.typing({ on: false }), TYPING_MS);
  }

  link(state, detail) {
    if (state !== "online") this.typing({ on: false });
    this.notice.link(state, detail);
  }

  announce = (text) => {
    this.status.textContent = text;
  };

  pressed({ listening, speaking }) {
    this.composer.listening = listening;
    this.header.speaking = speaking;
  }

  /** Forget what was said: it was another's, or is deleted. */
  clear() {
    this.#place = null;
    this.log.clear();
    this.composer.text = "";
    this.presence({ state: "bot" });
    this.read();
  }

  relabel() {
    const t = (key, values) => this.#texts.t(key, values);
    this.root.lang = this.#texts.lang;
    this.root.setAttribute("aria-label", t("panel", { name: this.#persona.name }));
    this.#drawLauncher();
    if (!this.panel) return;
    for (const one of [this.header, this.log, this.composer, this.notice]) one.relabel(this.#texts.lang);
    this.#menu?.close();
    this.#drawHeader();
  }

  set dark(on) {
    this.root.classList.toggle("dark", on);
  }

  /** Fetch a part; its styles and its words are there when it is. */
  async part(name) {
    const module = await part(name);
    dress(this.root.getRootNode(), module.styles);
    if (module.words) this.#texts.add(module.words);
    return module;
  }

  #spoken({ author, kind, data, mood, name }) {
    this.typing({ on: false });
    this.header.mood = mood ?? "neutral";
    if (author === "csr" && this.#presence.state !== "csr") this.presence({ state: "csr", name });
    if (kind === "handoff" && data?.state) this.presence({ state: data.state, name: this.#presence.name });
  }

  /** The living face, once somebody looks at it; the drawn one stays where it cannot be fetched. */
  async #enliven() {
    if (this.#living) return;
    this.#living = true;
    try {
      const { createFace } = await this.part("face");
      const face = createFace({ pictures: this.#persona.pictures?.neutral ? this.#persona.pictures : null });
      this.header.wear(face.element, face);
    } catch {
      this.#living = false;
    }
  }

  #talking() {
    return this.part("talk").then((talk) => (this.#talk = talk));
  }

  /** What is drawn below a message's words. A file of our own may be shown before the part that draws it is there. */
  #card(message) {
    if (!CARDS.has(message.kind) && !message.data?.attachment) return null;
    if (this.#talk) return this.#drawn(message);
    const place = h("p", {}, message.data?.attachment?.name);
    this.#talking().then(() => this.log.keepingTheEnd(() => place.replaceWith(this.#drawn(message) ?? "")), () => {});
    return place;
  }

  #drawn(message) {
    const node = this.#talk.card(message, this.#texts, this.#cardActions());
    if (node && message.kind === "handoff" && message.data.state === "waiting") this.#place = { message, node };
    return node;
  }

  #cardActions() {
    return { ...this.#on, announce: this.announce };
  }

  async #more() {
    const { mountMenu } = await this.part("more");
    this.#menu ??= mountMenu(this.header.more, this.panel, this.#texts, { ...this.#on, announce: this.announce });
    this.#menu.toggle();
  }

  #key(event) {
    if (event.key === "Escape" && !event.defaultPrevented) this.#on.close();
    if (event.key !== "Tab" || !this.fills) return;
    // On a phone the panel covers the page, so the focus must not walk about behind it.
    const stops = [...this.panel.querySelectorAll("button, textarea, input, a[href], summary, [tabindex]")].filter((stop) => stop.checkVisibility());
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
    this.header.show(state === "csr" && name ? name : this.#persona.name, this.#presence);
    this.panel.dataset.presence = state;
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
}
