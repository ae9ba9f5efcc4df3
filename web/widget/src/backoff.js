/** Waiting between tries: longer each time, and never in step with other visitors. */

/** Milliseconds before try `tries` + 1; half of it is chance, so a restarted server is not stormed. */
export function backoff(tries, { base = 500, max = 30_000 } = {}) {
  const ceiling = Math.min(max, base * 2 ** Math.min(tries, 16));
  return ceiling / 2 + Math.random() * (ceiling / 2);
}

/** A sleep that `wake` ends early, for example when the network is back. */
export class Pause {
  #end = null;

  wait(ms) {
    return new Promise((resolve) => {
      // setTimeout fires at once above 2^31 ms; a wait without end has no timer.
      const timer = Number.isFinite(ms) ? setTimeout(() => this.wake(), ms) : 0;
      this.#end = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  wake() {
    this.#end?.();
    this.#end = null;
  }
}
