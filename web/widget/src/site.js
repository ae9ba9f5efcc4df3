/** What the shop has set for its site: colours, side, names, suggestions, where links may lead. */

const PATIENCE_MS = 700; // a launcher that waits longer for its colour is missed

export class Site {
  #transport;
  #key;
  #settings = {};

  constructor(transport, key) {
    this.#transport = transport;
    this.#key = key;
  }

  /** As the server said last; nothing of it is needed to talk. */
  get settings() {
    return this.#settings;
  }

  /** Ask the server, and give what is known soon: the last visit's answer, or none. `late()` if more comes later. */
  async load(late) {
    const { lang, store } = this.#transport;
    const name = `site:${lang}`;
    this.#settings = store.get(name) ?? {};
    let soon = true;
    const asked = this.#transport.site(this.#key).then((settings) => {
      const same = JSON.stringify(settings) === JSON.stringify(this.#settings);
      store.set(name, settings);
      this.#settings = settings;
      if (!soon && !same) late();
    });
    // A refusal is told when the customer opens the chat, in the server's words.
    const settled = asked.catch(() => {});
    if (!this.#settings.key) await Promise.race([settled, new Promise((resolve) => setTimeout(resolve, PATIENCE_MS))]);
    soon = false;
  }

  /** True where a link of a message may lead: the shop, us, and whom the shop names. */
  admits(address) {
    let url;
    try {
      url = new URL(address, document.baseURI);
    } catch {
      return false;
    }
    if (url.protocol === "mailto:" || url.protocol === "tel:") return true;
    if (!/^https?:$/.test(url.protocol) || url.username || url.password) return false;
    const hosts = [location.hostname, this.#transport.host, ...(this.#settings.link_hosts ?? [])];
    return hosts.includes(url.hostname);
  }
}
