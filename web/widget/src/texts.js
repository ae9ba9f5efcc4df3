/** The widget's own words, and numbers and times, in the customer's language. */

import { words } from "./parts.js";

const LOCALE = { id: "id-ID", en: "en-GB" };

/** One language; `t(key, {name})` fills `{name}`. */
export class Texts {
  #words = {};
  lang = "id";
  zone = "Asia/Jakarta"; // the shop's clock

  async load(lang) {
    const known = lang in LOCALE ? lang : "id";
    this.#words = await words(known);
    this.lang = known;
  }

  t(key, values = {}) {
    return (this.#words[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
  }

  known(key) {
    return key in this.#words;
  }

  /** The word for a code such as a status; an unknown code is shown as it came. */
  code(group, code) {
    return this.#words[`${group}.${code}`] ?? String(code ?? "").replaceAll("_", " ");
  }

  number(value) {
    return Number(value).toLocaleString(LOCALE[this.lang]);
  }

  /** Rupiah are written the Indonesian way in both languages: Rp1.250.000. */
  price(rupiah) {
    return `Rp${Math.round(rupiah).toLocaleString("id-ID")}`;
  }

  /** Hour and minute on the customer's own clock; with the day unless it is today. */
  moment(at, timeZone) {
    const when = new Date(at);
    if (Number.isNaN(when.getTime())) return "";
    const date = (moment) => moment.toLocaleDateString("en-CA", { timeZone });
    const day = date(when) === date(new Date()) ? {} : { day: "numeric", month: "short" };
    return when.toLocaleString(LOCALE[this.lang], { ...day, hour: "2-digit", minute: "2-digit", timeZone });
  }

  /** The same on the shop's clock, as its sentences say it: "20 Nov, 09.15 WIB". */
  shopMoment(at) {
    const moment = this.moment(at, this.zone);
    const parts = new Intl.DateTimeFormat("id-ID", { timeZone: this.zone, timeZoneName: "short" }).formatToParts(new Date());
    return moment && `${moment} ${parts.find(({ type }) => type === "timeZoneName").value}`;
  }

  /** A day in the shop's zone, as "Senin, 23 November"; a text that is no date is shown as it came. */
  day(at) {
    const when = new Date(at);
    if (Number.isNaN(when.getTime())) return String(at);
    const day = { weekday: "long", day: "numeric", month: "long", timeZone: this.zone };
    return when.toLocaleDateString(LOCALE[this.lang], day);
  }

  /** Whole minutes from and to, in words: "5–10 menit", "< 1 menit". */
  wait(low, high) {
    const count = low ? `${this.number(low)}–${this.number(high)}` : `< ${this.number(high)}`;
    return this.t(!low && high === 1 ? "minute" : "minutes", { count });
  }
}
