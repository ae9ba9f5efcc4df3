/** Remember small values between visits, or only in memory where the browser blocks storage. */

export class Store {
  #memory = new Map();
  #prefix;
  #area;

  /** `area` gives localStorage or sessionStorage; where it is blocked even asking for it throws. */
  constructor(prefix, area = () => localStorage) {
    this.#prefix = prefix;
    this.#area = area;
  }

  /** True if other tabs see what is stored here. */
  get shared() {
    const key = `${this.#prefix}try`;
    try {
      this.#area().setItem(key, "1");
      this.#area().removeItem(key);
      return true;
    } catch {
      return false;
    }
  }

  get(name) {
    const key = this.#prefix + name;
    try {
      const text = this.#area().getItem(key);
      if (text !== null) return JSON.parse(text);
    } catch {
      // Blocked storage, or a value somebody else broke: memory decides.
    }
    return this.#memory.get(key) ?? null;
  }

  set(name, value) {
    const key = this.#prefix + name;
    this.#memory.set(key, value);
    try {
      this.#area().setItem(key, JSON.stringify(value));
    } catch {
      // Blocked or full: the value lives as long as the page.
    }
  }

  remove(name) {
    const key = this.#prefix + name;
    this.#memory.delete(key);
    try {
      this.#area().removeItem(key);
    } catch {
      // Nothing was stored.
    }
  }

  /** Names that start with `start`, without this store's prefix. */
  names(start) {
    const keys = new Set(this.#memory.keys());
    try {
      Object.keys(this.#area()).forEach((key) => keys.add(key));
    } catch {
      // Blocked: memory holds all there is.
    }
    const full = this.#prefix + start;
    return [...keys].filter((key) => key.startsWith(full)).map((key) => key.slice(this.#prefix.length));
  }
}
