/** Everything between the widget and the server: one session, one outbox, one stream, one cursor. */

import { Api } from "./api.js";
import { Outbox } from "./outbox.js";
import { Session } from "./session.js";
import { Store } from "./store.js";
import { Stream } from "./stream.js";
import { Tabs } from "./tabs.js";

const ECHO_MS = 4_000; // a stored message that the stream has not shown by then: it is dead

export class Transport {
  #api;
  #session;
  #store;
  #outbox;
  #stream;
  #tabs;
  #on;
  #cursor = 0;
  #conversation = null;
  #page = null;
  #identityToken;
  #resting = false; // after an erasure nothing is opened until the visitor speaks
  #watch = null;
  #link = ["online"]; // how the stream is; a busy outbox is said before it
  #busy = false;

  /**
   * `on` is told what happens: session(persona, renewed), messages(list), item(own message), frame(frame),
   * link(state, detail), left(), identity(state), tab(news of another tab).
   */
  constructor({ base, site, identityToken, lang }, on) {
    this.#on = on;
    this.#identityToken = identityToken;
    this.#store = new Store(`sapa:${site}:`);
    this.#api = new Api(base);
    this.#api.lang = this.#store.get("lang") ?? lang;
    this.#session = new Session(this.#api, this.#store, { key: site, identityToken }, {
      opened: (session) => this.#opened(session),
      identity: (state) => on.identity(state),
    });
    this.#outbox = new Outbox(this.#api, this.#session, this.#store, {
      item: (item) => this.#sent(item),
      busy: (seconds) => {
        this.#busy = true;
        on.link("busy", seconds);
      },
    });
    this.#stream = new Stream(this.#api, this.#session, {
      cursor: () => this.#cursor,
      page: (page) => this.#share({ page: page.messages.length ? page : null }),
      frame: (frame) => this.#share({ frame }),
      link: (...link) => this.#share({ link }),
    });
    this.#tabs = new Tabs(`sapa:${site}`, {
      lead: () => this.#stream.run(),
      follow: () => this.#follow(),
      told: (news) => this.#told(news),
    });
  }

  /** True if an earlier visit left a conversation that goes on. */
  get resumes() {
    return this.#session.current !== null;
  }

  /** The server's name, to which links may lead. */
  get host() {
    return this.#api.host;
  }

  get lang() {
    return this.#api.lang;
  }

  set lang(lang) {
    this.#api.lang = lang;
    this.#store.set("lang", lang);
  }

  /** What is remembered between visits, for whoever needs a place. */
  get store() {
    return this.#store;
  }

  start() {
    const { current } = this.#session;
    if (current && this.#conversation === null) {
      this.#conversation = current.conversation_id;
      this.#on.session(current.persona, false);
    }
    this.#watchNetwork();
    this.#outbox.restore();
    this.#tabs.start(!this.#store.shared);
    if (current && this.#identityToken) this.identify(this.#identityToken);
  }

  stop() {
    this.#watch?.abort();
    this.#tabs.stop();
    this.#stream.stop();
  }

  /** Try everything that waits now. */
  hurry() {
    this.#outbox.wake();
    if (this.#tabs.leads) this.#stream.restart();
    else this.#catchUp();
  }

  send(content) {
    if (this.#resting) this.#goOn();
    this.#outbox.add(content);
  }

  retry(item) {
    this.#outbox.retry(item);
  }

  /** True while a file is on its way, which a closed page would lose. */
  get carriesFile() {
    return this.#outbox.carriesFile;
  }

  drop(item) {
    this.#outbox.drop(item);
  }

  /** How the site wants the chat to be; nobody has to be known for it. */
  site(key) {
    return this.#api.get(`sites/${encodeURIComponent(key)}?lang=${this.lang}`);
  }

  /** The content of a file that came with message `seq`. */
  file(seq) {
    return this.#session.authorized((token) => this.#api.file(`files/${seq}`, token));
  }

  /** Any other document of this conversation. */
  document(path) {
    return this.#session.authorized((token) => this.#api.file(path, token));
  }

  post(path, body) {
    return this.#session.authorized((token) => this.#api.post(path, body, token));
  }

  /** Courtesy frames go by the tab that has a socket. */
  typing(on) {
    if (this.#tabs.leads) this.#stream.tell({ type: "typing", on });
    else this.#tabs.tell({ typing: on });
  }

  /** Tell the other tabs something that is not of the server. */
  tell(news) {
    this.#tabs.tell(news);
  }

  /** Say which page the visitor looks at: at once in a conversation, else when one begins. */
  page(page) {
    this.#page = page;
    if (this.#conversation !== null && page) this.post("page", { page }).catch(() => {}); // the next page is told anew
  }

  /** Take the visitor for somebody, or with null for nobody; what was another's is left behind. */
  async identify(identityToken) {
    this.#identityToken = identityToken;
    try {
      if (await this.#session.identify(identityToken)) this.#leave();
    } catch {
      // No line: the next page, or the shop's next call, proves it.
    }
  }

  /** Have everything deleted that the server and this browser keep of the conversation. */
  async erase() {
    const { current } = this.#session;
    await this.post("erasure", { confirm: true });
    if (this.#session.current === current) this.#leave({ rest: true });
  }

  /** Leave this conversation for good, with all that is unsent: the next word begins a new one. */
  #leave({ rest = false, told = false } = {}) {
    if (!told) this.#tabs.tell({ left: this.#conversation });
    this.#session.forget();
    this.#outbox.clear();
    this.#conversation = null;
    this.#cursor = 0;
    this.#stream.stop();
    this.#resting = rest || told;
    this.#on.left();
    if (!this.#resting) this.#goOn();
  }

  #goOn() {
    this.#resting = false;
    if (this.#watch && this.#tabs.leads) this.#stream.run();
  }

  #opened({ conversation_id, persona, messages, cursor }) {
    const renewed = this.#conversation !== null && this.#conversation !== conversation_id;
    if (renewed || this.#conversation === null) this.#cursor = 0;
    this.#conversation = conversation_id;
    this.#on.session(persona, renewed);
    this.#receive(messages, cursor);
    this.page(this.#page);
    // A socket opened with the old token would go on with the old conversation.
    if (renewed) this.#stream.restart();
    this.#tabs.tell({ opened: conversation_id });
  }

  #follow() {
    this.#stream.stop();
    this.#catchUp();
  }

  #catchUp() {
    if (this.resumes && !this.#resting) this.#stream.catchUp().catch(() => {}); // what comes next shows the gap
  }

  /** Take news of the server in, and hand them to the tabs that follow. */
  #share(news) {
    this.#take(news);
    if (this.#tabs.leads) this.#tabs.tell({ conversation: this.#conversation, ...news });
  }

  #take({ page, frame, link }) {
    if (page) this.#receive(page.messages, page.cursor);
    if (frame) this.#hear(frame);
    if (link) {
      this.#link = link;
      if (!this.#busy) this.#on.link(...link);
    }
  }

  /** Another tab tells: of the server if it has the line, else what its visitor did. */
  #told(news) {
    const { conversation, opened, left, typing } = news;
    if (opened) return opened !== this.#conversation && this.#session.adopt(this.#session.current?.token);
    if (left) return left === this.#conversation && this.#leave({ told: true });
    if (typing !== undefined) return this.#tabs.leads && this.typing(typing);
    if (!("conversation" in news)) return this.#on.tab(news);
    if (conversation !== this.#conversation || this.#tabs.leads) return;
    if (news.page?.messages[0].seq > this.#cursor + 1) this.#catchUp();
    else this.#take(news);
  }

  /** Hand on what is new; a message that came twice, by poll and by socket, is known by its `seq`. */
  #receive(messages, cursor) {
    const news = messages.filter(({ seq }) => seq > this.#cursor).sort((a, b) => a.seq - b.seq);
    this.#cursor = Math.max(this.#cursor, cursor, ...news.map(({ seq }) => seq));
    if (news.length) this.#on.messages(news);
  }

  #hear(frame) {
    if (frame.type !== "message") return this.#on.frame(frame);
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
      if (this.#conversation === conversation && this.#cursor < item.seq) this.hurry();
    }, ECHO_MS);
  }

  #watchNetwork() {
    this.#watch = new AbortController();
    const { signal } = this.#watch;
    addEventListener("online", () => this.hurry(), { signal });
    addEventListener("offline", () => this.#tabs.leads && this.#stream.restart(), { signal });
    const look = () => {
      // A phone may have frozen the page and killed the socket without telling it.
      if (!document.hidden && this.#tabs.leads) this.#stream.catchUp().catch(() => this.#stream.restart());
    };
    document.addEventListener("visibilitychange", look, { signal });
  }
}
