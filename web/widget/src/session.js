/** The visitor's session: one token per site, kept between visits and renewed when it ends. */

export class Session {
  #api;
  #store;
  #site;
  #onOpen;
  #current;
  #opening = null;

  /** `onOpen(session)` is told of every session that starts, also of a renewed one. */
  constructor(api, store, site, onOpen) {
    this.#api = api;
    this.#store = store;
    this.#site = site;
    this.#onOpen = onOpen;
    this.#current = store.get("session");
  }

  /** The conversation of an earlier visit, or null. */
  get current() {
    return this.#current;
  }

  /** Give `call` a token; when the server says the token is over, start a session and call again. */
  async authorized(call) {
    const token = await this.token();
    try {
      return await call(token);
    } catch (error) {
      if (error.status !== 401) throw error;
      return call(await this.renew(token));
    }
  }

  async token() {
    return this.#current?.token ?? this.#open();
  }

  /** Replace `ended`; a token that another tab or caller renewed meanwhile is taken over. */
  async renew(ended) {
    if (this.#current && this.#current.token !== ended) return this.#current.token;
    const stored = this.#store.get("session");
    if (stored && stored.token !== ended) return this.#adopt({ ...stored, messages: [], cursor: 0 });
    return this.#open();
  }

  #open() {
    this.#opening ??= this.#start().finally(() => (this.#opening = null));
    return this.#opening;
  }

  async #start() {
    const wanted = { site_key: this.#site.key, lang: this.#api.lang };
    const { identityToken } = this.#site;
    if (identityToken) wanted.identity_token = identityToken;
    try {
      return this.#adopt(await this.#api.post("sessions", wanted));
    } catch (error) {
      if (!identityToken || error.status !== 401) throw error;
      // The shop's proof has run out: better to talk as a stranger than not at all.
      this.#site = { ...this.#site, identityToken: null };
      return this.#start();
    }
  }

  #adopt(session) {
    const { token, conversation_id, persona } = session;
    this.#current = { token, conversation_id, persona };
    this.#store.set("session", this.#current);
    this.#onOpen(session);
    return token;
  }
}
