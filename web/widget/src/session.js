/** The visitor's session: one token per site, kept between visits and renewed when it ends. */

const OTHER = 409; // the conversation is somebody else's

export class Session {
  #api;
  #store;
  #site;
  #on;
  #current;
  #opening = null;

  /** `on.opened(session)` is told of every session that starts, also of a renewed one; `on.identity(state)` of proofs. */
  constructor(api, store, site, on) {
    this.#api = api;
    this.#store = store;
    this.#site = site;
    this.#on = on;
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
    return this.adopt(ended) ?? this.#open();
  }

  /** Go on with the session that another tab has opened, if there is one. */
  adopt(ended) {
    const stored = this.#store.get("session");
    if (!stored || stored.token === ended || stored.token === this.#current?.token) return null;
    return this.#take({ ...stored, messages: [], cursor: 0 }, stored.subject);
  }

  forget() {
    this.#current = null;
    this.#store.remove("session");
  }

  /** True if the visitor as `identityToken` (null: nobody) may not go on with the present conversation. */
  async identify(identityToken) {
    this.#site.identityToken = identityToken;
    await this.#opening?.catch(() => {}); // it was begun for whoever it was before
    if (this.#site.identityToken !== identityToken) return false; // a later word decides
    if (!this.#current) return false; // the session that opens carries it
    const who = identityToken && subject(identityToken);
    if (who === this.#current.subject) return false;
    if (this.#current.subject) return true;
    if (!who) return false;
    return this.#prove(identityToken, who);
  }

  async #prove(identityToken, who) {
    try {
      await this.authorized((token) => this.#api.post("identity", { identity_token: identityToken }, token));
      this.#current.subject = who;
      this.#store.set("session", this.#current);
      this.#on.identity("known");
    } catch (error) {
      if (error.status === OTHER) return true;
      // Only a proof that was looked at is refused; a dead line says nothing about it.
      if (error.permanent) this.#refused(identityToken);
      else throw error;
    }
    return false;
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
      const token = this.#take(await this.#api.post("sessions", wanted), identityToken && subject(identityToken));
      if (identityToken) this.#on.identity("known");
      return token;
    } catch (error) {
      if (!identityToken || error.status !== 401) throw error;
      // The shop's proof has run out: better to talk as a stranger than not at all.
      this.#refused(identityToken);
      return this.#start();
    }
  }

  #refused(identityToken) {
    if (this.#site.identityToken === identityToken) this.#site.identityToken = null;
    this.#on.identity("refused");
  }

  #take(session, who) {
    const { token, conversation_id, persona } = session;
    this.#current = { token, conversation_id, persona, subject: who ?? null };
    this.#store.set("session", this.#current);
    this.#on.opened(session);
    return token;
  }
}

/** Whom a JWT is about; only to compare, the server alone believes it. */
function subject(identityToken) {
  try {
    const claims = identityToken.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
    return String(JSON.parse(atob(claims)).sub);
  } catch {
    return identityToken;
  }
}
