/** Hear what is new: by socket, or by long poll where sockets do not get through. */

import { ApiError } from "./api.js";
import { Pause, backoff } from "./backoff.js";

const OPEN_MS = 8_000; // a socket that needs longer is given up
const POLL_S = 25;
const POLL_ONLY_MS = 60_000; // then the socket gets another chance
const FAILED_SOCKETS = 2;
const TOKEN_ENDED = 4401;
const TOO_MANY = 4429;

/** Reads from the cursor on after every interruption, so nothing is missed. */
export class Stream {
  #api;
  #session;
  #on;
  #run = null; // the loop that may go on
  #again = false;
  #stops = 0;
  #pause = new Pause();
  #socket = null;
  #poll = null;
  #tries = 0;
  #failedSockets = 0;
  #pollUntil = 0;

  /** `on.cursor()` says where we are, `on.page(page)` and `on.frame(frame)` take news, `on.link(state, …)` how it goes. */
  constructor(api, session, on) {
    this.#api = api;
    this.#session = session;
    this.#on = on;
  }

  async run() {
    const run = (this.#run = {});
    while (this.#run === run) {
      this.#again = false;
      try {
        await this.catchUp();
        if (this.#run !== run) return; // stopped meanwhile: another tab has the line
        await (Date.now() < this.#pollUntil ? this.#longPoll() : this.#listen(run));
      } catch (error) {
        if (this.#run === run && !this.#again) await this.#recover(error);
      }
    }
  }

  stop() {
    this.#run = null;
    this.#stops += 1;
    this.restart();
  }

  /** Drop the present connection and read on from the cursor at once. */
  restart() {
    this.#again = true;
    // A closing socket still hands out what it has; the next connection brings that again.
    if (this.#socket) this.#socket.onmessage = null;
    this.#socket?.close();
    this.#poll?.abort();
    this.#pause.wake();
  }

  /** Fetch what is stored after the cursor. */
  async catchUp() {
    if (await this.#read(0)) this.#on.link("online");
  }

  /** Send a frame if a socket is open; it is a courtesy, never a message. */
  tell(frame) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame));
  }

  /** False if we were stopped meanwhile: what came may be of a conversation that was left. */
  async #read(wait, signal) {
    const stops = this.#stops;
    const page = await this.#fetch(wait, signal);
    if (stops !== this.#stops) return false;
    this.#on.page(page);
    return true;
  }

  #fetch(wait, signal) {
    const path = () => `messages?after=${this.#on.cursor()}&wait=${wait}`;
    const patience = (wait + 15) * 1000;
    return this.#session.authorized((token) => this.#api.get(path(), token, { signal, patience }));
  }

  async #longPoll() {
    this.#poll = new AbortController();
    await this.#read(POLL_S, this.#poll.signal);
    this.#tries = 0;
  }

  async #listen(run) {
    const token = await this.#session.token();
    if (this.#run !== run) return;
    const { code, heard } = await this.#untilClosed(token);
    if (heard) {
      this.#tries = 0;
      this.#failedSockets = 0;
    } else if (++this.#failedSockets >= FAILED_SOCKETS) {
      this.#failedSockets = 0;
      this.#pollUntil = Date.now() + POLL_ONLY_MS;
    }
    if (code === TOKEN_ENDED) await this.#session.renew(token);
    else throw new ApiError(code === TOO_MANY ? 429 : 0);
  }

  #untilClosed(token) {
    return new Promise((resolve) => {
      const socket = new WebSocket(this.#api.socketUrl(this.#on.cursor()));
      const late = setTimeout(() => socket.close(), OPEN_MS);
      let heard = false;
      socket.onopen = () => {
        clearTimeout(late);
        socket.send(JSON.stringify({ token }));
      };
      socket.onmessage = ({ data }) => {
        heard = true;
        this.#on.frame(JSON.parse(data));
      };
      socket.onclose = ({ code }) => {
        clearTimeout(late);
        if (this.#socket === socket) this.#socket = null; // a later run may have its own by now
        resolve({ code, heard });
      };
      this.#socket = socket;
    });
  }

  async #recover(error) {
    if (!(error instanceof ApiError)) console.error(error);
    if (error.permanent) {
      this.#on.link("refused", error.detail);
      return this.#pause.wait(Infinity);
    }
    const busy = error.status === 429;
    this.#on.link(busy ? "busy" : navigator.onLine ? "reconnecting" : "offline", error.retryAfter);
    return this.#pause.wait(busy ? error.retryAfter * 1000 : backoff(this.#tries++));
  }
}
