/**
 * The tabs of one browser, as one visitor: one of them keeps the line to the server, and tells the others.
 *
 * The tab last looked at has it, by a lock that a tab takes from another when it comes into view: a hidden tab
 * may be frozen at any time, and would leave the others without news. A hundred tabs need one socket.
 */

export class Tabs {
  #name;
  #on;
  #channel = null;
  #turn = null; // the present request for the lock
  #leads = false;
  #look = () => !document.hidden && !this.#leads && this.#request(true);

  /** `on.lead()`, `on.follow()`, and `on.told(news)` what another tab tells. */
  constructor(name, on) {
    this.#name = name;
    this.#on = on;
  }

  /** Begin; a tab that shares nothing with others (`alone`) leads itself. */
  start(alone) {
    try {
      if (alone || !navigator.locks) throw new Error("nothing to share, or no means to");
      this.#channel = new BroadcastChannel(this.#name);
    } catch {
      return this.#lead(); // also in a sandboxed frame
    }
    this.#channel.onmessage = ({ data }) => this.#on.told(data);
    document.addEventListener("visibilitychange", this.#look);
    this.#request(!document.hidden);
    if (document.hidden) this.#on.follow();
  }

  stop() {
    document.removeEventListener("visibilitychange", this.#look);
    this.#turn?.end();
    this.#turn = null;
    this.#leads = false;
    this.#channel?.close();
    this.#channel = null;
  }

  get leads() {
    return this.#leads;
  }

  tell(news) {
    this.#channel?.postMessage(news);
  }

  #lead() {
    this.#leads = true;
    this.#on.lead();
  }

  #request(steal) {
    this.#turn?.end();
    const waiting = new AbortController();
    const turn = (this.#turn = { end: () => waiting.abort() });
    const hold = () =>
      new Promise((release) => {
        if (this.#turn !== turn) return release();
        turn.end = release;
        this.#lead();
      });
    navigator.locks.request(this.#name, steal ? { steal } : { signal: waiting.signal }, hold).catch(() => {
      if (this.#turn !== turn) return; // we asked no longer
      this.#leads = false;
      this.#on.follow();
      this.#request(false); // it comes back when the other tab is closed
    });
  }
}
