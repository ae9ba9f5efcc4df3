/** Everything between the widget and the server: one session, one outbox, one stream, one cursor. */

import { Api } from "./api.js";
import { Outbox } from "./outbox.js";
import { Session } from "./session.js";
import { Store } from "./store.js";
import { Stream } from "./stream.js";

const ECHO_MS = 4_000; // a stored message that the stream has not shown by then: it is dead

export class Transport {
  #api;
  #session;
  #store;
  #outbox;
  #stream;
  #on;
  #cursor = 0;
  #conversation = null;
  #watch = null;
  #link = ["online"]; // how the stream is; a busy outbox is said before it
  #busy = false;

  /**
   * `on` is told what happens: session(persona, renewed), messages(list), item(own message),
   * typing(frame), presence(frame), link(state, detail).
   */
  constructor({ base, site, identityToken, lang }, on) {
    this.#on = on;
    this.#store = new Store(`sapa:${site}:`);
    this.#api = new Api(base);
    this.#api.lang = this.#store.get("lang") ?? lang;
    this.#session = new Session(this.#api, this.#store, { key: site, identityToken }, (session) => this.#opened(session));
    this.#outbox = new Outbox(this.#api, this.#session, this.#store, {
      item: (item) => this.#sent(item),
      busy: (seconds) => {
        this.#busy = true;
        on.link("busy", seconds);
      },
    });
    this.#stream = new Stream(this.#api, this.#session, {
      cursor: () => this.#cursor,
      page: ({ messages, cursor }) => this.#receive(messages, cursor),
      frame: (frame) => this.#hear(frame),
      link: (...link) => {
        this.#link = link;
        if (!this.#busy) on.link(...link);
      },
    });
  }

  /** True if an earlier visit left a conversation that goes on. */
  get resumes() {
    return this.#session.current !== null;
  }

  get lang() {
    return this.#api.lang;
  }

  set lang(lang) {
    this.#api.lang = lang;
    this.#store.set("lang", lang);
  }

  start() {
    const { current } = this.#session;
    if (current && this.#conversation === null) {
      this.#conversation = current.conversation_id;
      this.#on.session(current.persona, false);
    }
    this.#watchNetwork();
    this.#outbox.restore();
    this.#stream.run();
  }

  stop() {
    this.#watch?.abort();
    this.#stream.stop();
  }

  /** Try everything that waits now. */
  hurry() {
    this.#outbox.wake();
    this.#stream.restart();
  }

  send(content) {
    this.#outbox.add(content);
  }

  retry(item) {
    this.#outbox.retry(item);
  }

  drop(item) {
    this.#outbox.drop(item);
  }

  /** The content of a file that came with message `seq`. */
  file(seq) {
    return this.#session.authorized((token) => this.#api.file(`files/${seq}`, token));
  }

  /** What is remembered between visits, for whoever needs a place. */
  get store() {
    return this.#store;
  }

  post(path, body) {
    return this.#session.authorized((token) => this.#api.post(path, body, token));
  }

  typing(on) {
    this.#stream.tell({ type: "typing", on });
  }

  #opened({ conversation_id, persona, messages, cursor }) {
    const renewed = this.#conversation !== null && this.#conversation !== conversation_id;
    if (renewed || this.#conversation === null) this.#cursor = 0;
    this.#conversation = conversation_id;
    this.#on.session(persona, renewed);
    this.#receive(messages, cursor);
    // A socket opened with the old token would go on with the old conversation.
    if (renewed) this.#stream.restart();
  }

  /** Hand on what is new; a message that came twice, by poll and by socket, is known by its `seq`. */
  #receive(messages, cursor) {
    const news = messages.filter(({ seq }) => seq > this.#cursor).sort((a, b) => a.seq - b.seq);
    this.#cursor = Math.max(this.#cursor, cursor, ...news.map(({ seq }) => seq));
    if (news.length) this.#on.messages(news);
  }

  #hear(frame) {
    if (frame.type === "typing") this.#on.typing(frame);
    if (frame.type === "presence") this.#on.presence(frame);
    if (frame.type !== "message") return;
    const { message } = frame;
    // A step over a number means that a frame was lost on the way.
    if (message.seq > this.#cursor + 1) this.#stream.catchUp().catch(() => this.#stream.restart());
    else this.#receive([message], message.seq);
  }

  #sent(item) {
    this.#on.item(item);
    if (this.#busy && (item.state === "sent" || item.state === "failed")) {
      this.#busy = false;
      this.#on.link(...this.#link);
    }
    if (item.state !== "sent") return;
    const conversation = this.#conversation;
    setTimeout(() => {
      if (this.#conversation === conversation && this.#cursor < item.seq) this.#stream.restart();
    }, ECHO_MS);
  }

  #watchNetwork() {
    this.#watch = new AbortController();
    const { signal } = this.#watch;
    addEventListener("online", () => this.hurry(), { signal });
    addEventListener("offline", () => this.#stream.restart(), { signal });
    const look = () => {
      // A phone may have frozen the page and killed the socket without telling it.
      if (!document.hidden) this.#stream.catchUp().catch(() => this.#stream.restart());
    };
    document.addEventListener("visibilitychange", look, { signal });
  }
}
