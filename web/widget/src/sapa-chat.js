/**
 * `<sapa-chat site="demo" lang="id">`: the chat for customers on any page.
 *
 * Attributes: `site` (site key), `lang` (id or en), `identity-token` (JWT of the shop, optional), `server` (address of
 * Sapa; default: where this file came from), `timezone` (the shop's, IANA name; default Asia/Jakarta).
 * Methods and events: docs/embed.md; loader.js offers the same as `window.Sapa`.
 */

import { Speech } from "./speech.js";
import { Texts } from "./texts.js";
import { Transport } from "./transport.js";
import { View } from "./view.js";
import css from "./widget.css";

const HOME = new URL("../../", import.meta.url);

class SapaChat extends HTMLElement {
  #texts = new Texts();
  #transport = null;
  #view = null;
  #speech = null;
  #ready = null;
  #started = false;

  connectedCallback() {
    this.#ready ??= this.#build();
    this.#ready.then(() => this.#transport.resumes && this.isConnected && this.#start());
  }

  disconnectedCallback() {
    this.#transport?.stop();
    this.#speech?.stop();
    this.#started = false;
  }

  /** Open the chat, with `text` waiting in the input. */
  async open(text) {
    await this.#ready;
    this.#start();
    if (text) this.#view.composer.text = text;
    this.#view.open();
    this.#view.enliven(this.shadowRoot);
  }

  close() {
    this.#view?.close();
  }

  async #build() {
    const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    this.#texts.zone = this.getAttribute("timezone") ?? this.#texts.zone;
    this.#transport = new Transport(
      {
        base: new URL(this.getAttribute("server") ?? HOME, document.baseURI),
        site: this.getAttribute("site") ?? "demo",
        identityToken: this.getAttribute("identity-token"),
        lang: this.lang || document.documentElement.lang.slice(0, 2) || "id",
      },
      this.#events(),
    );
    await this.#texts.load(this.#transport.lang);
    this.#transport.lang = this.#texts.lang;
    this.#speech = new Speech(this.#stage());
    this.#view = new View(this.#texts, this.#actions());
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    root.adoptedStyleSheets = [sheet];
    root.append(this.#view.root);
  }

  #start() {
    if (this.#started) return;
    this.#started = true;
    this.#transport.start();
    this.#speech.restore();
  }

  /** What the transport tells. */
  #events() {
    return {
      session: (persona, renewed) => this.#session(persona, renewed),
      messages: (messages) => this.#heard(messages),
      item: (item) => this.#view.log.own(item),
      typing: (frame) => this.#view.typing(frame),
      presence: (frame) => this.#view.presence(frame),
      link: (state, detail) => this.#view.link(state, detail),
    };
  }

  /** What the customer does. */
  #actions() {
    return {
      open: () => this.open(),
      close: () => this.close(),
      again: () => this.#transport.hurry(),
      lang: () => this.#switchLang(),
      text: (text) => this.#transport.send({ text }),
      typing: (on) => this.#typing(on),
      listen: () => this.#speech.listen(),
      speakUp: () => this.#speech.speakUp(!this.#speech.speaksUp),
      file: (seq) => this.#transport.file(seq),
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
      lang: () => this.#texts.lang,
      store: this.#transport.store,
      post: (path, body) => this.#transport.post(path, body),
      compose: (text) => (this.#view.composer.text = text),
      send: (text) => this.#transport.send({ text }),
      pressed: (buttons) => this.#view.pressed(buttons),
      note: (text) => this.#view.composer.note(text),
      announce: (text) => this.#view.announce(text),
      mood: (mood) => this.#view.mood(mood),
      mouth: (visemes) => this.#view.face?.speak(visemes),
      failed: () => this.#view.composer.note(this.#texts.t("voiceFailed")),
    };
  }

  #session(persona, renewed) {
    this.#view.session(persona);
    if (renewed) this.#view.log.freeze(this.#texts.t("newSession"));
  }

  #heard(messages) {
    this.#view.messages(messages);
    // What came in one go is history, and nobody wants that read aloud.
    if (messages.length <= 2) messages.filter(({ author }) => author !== "customer").forEach((message) => this.#speech.message(message));
  }

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
    await this.#texts.load(lang);
    this.#transport.lang = lang;
    this.lang = lang;
    this.#view.relabel();
    this.#transport.send({ choice: `change_language:${lang}`, label: this.#texts.t("langChosen") });
  }
}

if (!customElements.get("sapa-chat")) customElements.define("sapa-chat", SapaChat);
