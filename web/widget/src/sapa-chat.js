/**
 * `<sapa-chat site="demo" lang="id">`: the chat for customers on any page.
 *
 * Attributes: `site` (site key), `lang` (id or en), `identity-token` (JWT of the shop, optional), `server` (address of
 * Sapa; default: where this file came from), `timezone` (the shop's, IANA name; default Asia/Jakarta), `scheme` (light
 * or dark; default: as the visitor's system). Methods and events: docs/embed.md; loader.js offers them as `window.Sapa`.
 */

import { dress } from "./dress.js";
import { Site } from "./site.js";
import { Speech } from "./speech.js";
import { Store } from "./store.js";
import { Texts } from "./texts.js";
import { Transport } from "./transport.js";
import { View } from "./view.js";
import css from "./widget.css";

const HOME = new URL("../../", import.meta.url);
const DARK = matchMedia("(prefers-color-scheme: dark)");

class SapaChat extends HTMLElement {
  #texts = new Texts();
  #transport = null;
  #site = null;
  #view = null;
  #speech = null;
  #visit = null; // what this tab remembers over page loads
  #ready = null;
  #started = false;
  #theme = {};
  #files = new Map(); // client id -> the File sent from this page, so that it is not fetched back
  #scheme = () => this.#view && (this.#view.dark = (this.getAttribute("scheme") ?? (DARK.matches ? "dark" : "light")) === "dark");
  #leaving = (event) => this.#transport?.carriesFile && event.preventDefault();

  static observedAttributes = ["scheme"];

  connectedCallback() {
    DARK.addEventListener("change", this.#scheme);
    addEventListener("beforeunload", this.#leaving);
    // The launcher is painted first: what the tab remembers is asked of another process.
    this.#await().then(() => setTimeout(() => this.#resume()), (error) => console.error(error));
  }

  disconnectedCallback() {
    DARK.removeEventListener("change", this.#scheme);
    removeEventListener("beforeunload", this.#leaving);
    this.#transport?.stop();
    this.#speech?.stop();
    this.#started = false;
  }

  attributeChangedCallback() {
    if (this.#view) this.#scheme();
  }

  /** Open the chat, with `text` waiting in the input. */
  async open(text) {
    await this.#await();
    this.#start();
    const waiting = text || this.#view.composer.text || this.#visit.get("draft");
    if (waiting) this.#view.composer.text = waiting;
    const opened = this.#view.opened;
    this.#view.open();
    this.#visit.set("open", true);
    if (!opened) this.#emit("open");
  }

  close() {
    if (!this.#view?.opened) return;
    this.#view.close();
    this.#visit.remove("open");
    this.#emit("close");
  }

  /** Prove who the visitor is, with a JWT that the shop's server signed; null when they have logged out. */
  async identify(identityToken) {
    await this.#await();
    await this.#transport.identify(identityToken ?? null);
  }

  /** Say which page the visitor looks at: `{kind, product?, order?, total_idr?, title?}`. */
  async page(page) {
    await this.#await();
    this.#transport.page(page);
  }

  /** Change the looks: `{accent, on_accent, position, scheme}`; what is left out stays. */
  async theme({ scheme, ...theme }) {
    await this.#await();
    if (scheme) this.setAttribute("scheme", scheme);
    this.#theme = { ...this.#theme, ...theme };
    this.#dress();
  }

  /** A build that failed, for example without a line, is tried again by the next who needs it. */
  #await() {
    this.#ready ??= this.#build().catch((error) => {
      this.#ready = null;
      throw error;
    });
    return this.#ready;
  }

  async #build() {
    const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    const key = this.getAttribute("site") ?? "demo";
    this.#texts.zone = this.getAttribute("timezone") ?? this.#texts.zone;
    this.#visit ??= new Store(`sapa:${key}:`, () => sessionStorage);
    this.#transport ??= new Transport(
      {
        base: new URL(this.getAttribute("server") ?? HOME, document.baseURI),
        site: key,
        identityToken: this.getAttribute("identity-token"),
        lang: this.lang || document.documentElement.lang.slice(0, 2) || "id",
      },
      this.#events(),
    );
    this.#site ??= new Site(this.#transport, key);
    await Promise.all([this.#texts.load(this.#transport.lang), this.#site.load(() => this.#dress())]);
    this.#transport.lang = this.#texts.lang;
    this.#speech = new Speech(this.#stage());
    this.#view = new View(this.#texts, this.#actions());
    this.#scheme();
    dress(root, css);
    await this.#dress();
    root.append(this.#view.root);
    this.#emit("ready");
  }

  async #dress() {
    const { theme, position, ...settings } = this.#site.settings;
    await this.#view?.dressed({ ...settings, theme: { ...theme, ...this.#theme }, position: this.#theme.position ?? position });
  }

  #start() {
    if (this.#started) return;
    this.#started = true;
    this.#view.furnish();
    this.#transport.start();
    this.#speech.restore();
  }

  /** Go on where the page before this one was left; a chat that would cover the page waits for its button. */
  #resume() {
    const open = this.#visit.get("open");
    if (!this.isConnected || this.#started || !(open || this.#transport.resumes)) return;
    this.#start();
    if (!open) return;
    this.#view.composer.text = this.#visit.get("draft") ?? "";
    this.#view.open({ focus: false });
    if (this.#view.fills) this.#view.close();
  }

  #emit(event, detail = {}) {
    this.dispatchEvent(new CustomEvent(`sapa:${event}`, { detail, bubbles: true, composed: true }));
  }

  /** What the transport tells. */
  #events() {
    return {
      session: (persona, renewed) => this.#session(persona, renewed),
      messages: (messages) => this.#heard(messages),
      item: (item) => {
        if (item.file) this.#files.set(item.client_id, item.file);
        this.#view.own(item);
      },
      frame: (frame) => this.#frame(frame),
      link: (state, detail) => this.#view.link(state, detail),
      identity: (state) => this.#emit("identity", { state }),
      left: () => this.#left(),
      tab: (news) => this.#tab(news),
    };
  }

  /** What the customer does. */
  #actions() {
    return {
      open: () => this.open(),
      close: () => this.close(),
      again: () => this.#transport.hurry(),
      lang: () => this.#switchLang(),
      send: (content) => this.#transport.send(content),
      typing: (on) => this.#typing(on),
      changed: (text) => (text ? this.#visit.set("draft", text) : this.#visit.remove("draft")),
      listen: () => this.#speech.listen(),
      speakUp: () => this.#speech.speakUp(!this.#speech.speaksUp),
      file: ({ seq, data }) => Promise.resolve(this.#files.get(data.client_id) ?? this.#transport.file(seq)),
      linkable: (address) => this.#site.admits(address),
      settings: () => this.#site.settings,
      transcript: () => this.#transport.document(`transcript?format=html&zone=${encodeURIComponent(zone())}`),
      mail: (email) => this.#transport.post("transcript/mail", { email, zone: zone() }),
      erase: () => this.#transport.erase(),
      unread: (count) => this.#unread(count),
      retry: (item) => {
        this.#transport.retry(item);
        this.#view.log.focus();
      },
      edit: (item) => this.#edit(item),
      choice: (choice, event) => this.#choose(choice, event),
    };
  }

  /** What the voice may do: voice/voice.js says what each is for. */
  #stage() {
    return {
      t: (key, values) => this.#texts.t(key, values),
      lang: () => this.#texts.lang,
      settings: () => this.#site.settings,
      store: this.#transport.store,
      post: (path, body) => this.#transport.post(path, body),
      compose: (text) => (this.#view.composer.text = text),
      send: (text) => this.#transport.send({ text }),
      sendFile: (file) => this.#transport.send({ text: "", file }),
      pressed: (buttons) => this.#view.pressed(buttons),
      note: (text) => this.#view.composer.note(text),
      announce: (text) => this.#view.announce(text),
      mood: (mood) => this.#view.header.pose(mood),
      mouth: (visemes) => this.#view.header.mouth(visemes),
      part: (name) => this.#view.part(name),
      failed: () => this.#view.composer.note(this.#texts.t("voiceFailed")),
    };
  }

  #session(persona, renewed) {
    this.#view.session(persona);
    if (renewed) this.#view.log.freeze(this.#texts.t("newSession"));
  }

  #heard(messages) {
    for (const { author, kind, seq } of messages) this.#emit("message", { author, kind, seq });
    this.#view.messages(messages);
    // What came in one go is history, and nobody wants that read aloud.
    if (messages.length <= 2) messages.filter(({ author }) => author !== "customer").forEach((message) => this.#speech.message(message));
  }

  #frame(frame) {
    if (frame.type === "typing") this.#view.typing(frame);
    if (frame.type === "file") this.#view.log.file(frame.seq, frame.file);
    if (frame.type !== "presence") return;
    this.#view.presence(frame);
    this.#emit("presence", { state: frame.state });
  }

  #left() {
    this.#files.clear();
    this.#visit.remove("draft");
    this.#view.clear();
  }

  #tab({ lang, read }) {
    if (read) this.#view.read();
    if (lang && lang !== this.#texts.lang) this.#speak(lang);
  }

  #unread(count) {
    if (this.#count === count) return;
    this.#count = count;
    if (!count) this.#transport.tell({ read: true });
    this.#emit("unread", { count });
  }

  #count = 0;

  #typing(on) {
    if (on) this.#speech.interrupt();
    this.#transport.typing(on);
  }

  #choose({ id, label }, event) {
    this.#transport.send(id ? { choice: id, label } : { text: label });
    // The pressed button is gone. A keyboard goes on in the input; a finger must not raise the keyboard.
    if (event.detail === 0) this.#view.composer.focus();
    else this.#view.log.focus();
  }

  #edit(item) {
    this.#transport.drop(item);
    this.#view.log.forget(item);
    this.#view.composer.text = item.text;
    this.#view.composer.focus();
  }

  async #switchLang() {
    const lang = this.#texts.lang === "id" ? "en" : "id";
    await this.#speak(lang);
    this.#transport.tell({ lang });
    this.#transport.send({ choice: `change_language:${lang}`, label: this.#texts.t("langChosen") });
  }

  async #speak(lang) {
    await this.#texts.load(lang);
    this.#transport.lang = lang;
    this.lang = lang;
    this.#view.relabel();
    await this.#site.load(() => this.#dress());
    this.#dress();
  }
}

/** The visitor's own, for times in what is saved. */
function zone() {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

if (!customElements.get("sapa-chat")) customElements.define("sapa-chat", SapaChat);
