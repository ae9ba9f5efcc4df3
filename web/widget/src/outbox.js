/** Send the customer's messages one after the other, as often as needed, each stored once. */

import { Pause, backoff } from "./backoff.js";

const SERVER_TRIES = 5;
const DAY_MS = 86_400_000;

/**
 * An item is `{client_id, text?, choice?, label?, file?, at, state, reason?}`; `state` is waiting, sending,
 * sent or failed. A file is kept by the page only: it is too large for what a browser remembers. The server answers a repeated `client_id` with the first answer, so a try whose
 * answer was lost may always be repeated.
 */
export class Outbox {
  #api;
  #session;
  #store;
  #on;
  #items = [];
  #pause = new Pause();
  #draining = false;

  /** `on.item(item)` after every change, `on.busy(seconds)` when the server asks us to wait. */
  constructor(api, session, store, on) {
    this.#api = api;
    this.#session = session;
    this.#store = store;
    this.#on = on;
  }

  /** Take up what an earlier page could not send; what is too old asks the customer first. */
  restore() {
    const kept = this.#store.names("out:").map((name) => this.#store.get(name)).filter(Boolean);
    for (const item of kept.sort((a, b) => a.at - b.at)) {
      if (this.#items.some((known) => known.client_id === item.client_id)) continue;
      this.#items.push(item);
      this.#set(item, Date.now() - item.at > DAY_MS ? "failed" : "waiting");
    }
    this.#drain();
  }

  add(content) {
    // A clock that is put back between two messages must not turn them round after a page load.
    const at = Math.max(Date.now(), (this.#items.at(-1)?.at ?? 0) + 1);
    const item = { client_id: newId(), at, ...content };
    this.#items.push(item);
    if (!item.file) this.#store.set(`out:${item.client_id}`, item);
    this.#set(item, "waiting");
    this.#drain();
  }

  retry(item) {
    this.#set(item, "waiting");
    this.#drain();
    this.wake();
  }

  /** Forget a message that failed, and give it back for editing. */
  drop(item) {
    this.#items = this.#items.filter((other) => other !== item);
    this.#store.remove(`out:${item.client_id}`);
  }

  /** Forget everything, also what is under way. */
  clear() {
    for (const item of [...this.#items]) {
      item.dropped = true;
      this.drop(item);
    }
    this.wake();
  }

  /** True while a file is on its way, which a closed page would lose. */
  get carriesFile() {
    return this.#items.some(({ file, state }) => file && state !== "failed");
  }

  wake() {
    this.#pause.wake();
  }

  async #drain() {
    if (this.#draining) return;
    this.#draining = true;
    try {
      let item;
      while ((item = this.#items.find(({ state }) => state === "waiting"))) await this.#deliver(item);
    } finally {
      this.#draining = false;
    }
  }

  async #deliver(item) {
    for (let tries = 0; ; tries += 1) {
      try {
        if (item.dropped) return;
        this.#set(item, "sending");
        const { id, seq } = await this.#session.authorized((token) => this.#post(item, token));
        this.drop(item);
        if (item.dropped) return;
        return this.#set(Object.assign(item, { id, seq }), "sent");
      } catch (error) {
        if (item.dropped) return;
        if (error.status === 422 && item.choice) {
          // A choice of an ended conversation means nothing to the new one; its words still do.
          Object.assign(item, { text: item.label, choice: undefined });
          continue;
        }
        const refused = error.permanent || (error.status && error.status !== 429 && tries >= SERVER_TRIES);
        if (refused) return this.#set(Object.assign(item, { reason: error.detail }), "failed");
        this.#set(item, "waiting");
        if (error.status === 429) this.#on.busy(error.retryAfter);
        await this.#pause.wait(error.status === 429 ? error.retryAfter * 1000 + 250 : backoff(tries));
      }
    }
  }

  #post({ client_id, text, choice, file }, token) {
    if (file) return this.#api.upload("files", { client_id, text: text ?? "", file }, token);
    return this.#api.post("messages", { client_id, text, choice }, token);
  }

  #set(item, state) {
    item.state = state;
    this.#on.item(item);
  }
}

/** crypto.randomUUID exists on secure pages only, and a shop may still try us out over plain HTTP. */
function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
