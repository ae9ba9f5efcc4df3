/** The widget's own words, and numbers and times, in the customer's language. */

import { LOCALE } from "./locale.js";
import { words } from "./parts.js";


/** One language; `t(key, {name})` fills `{name}`. */
export class Texts {
  #words = {};
  #more = new Set(); // of the parts that came later
  lang = "id";
  zone = "Asia/Jakarta"; // the shop's clock

  async load(lang) {
    const known = lang in LOCALE ? lang : "id";
    this.#words = Object.assign({}, await words(known), ...[...this.#more].map((one) => one[known]));
    this.lang = known;
  }

  /** Take in what a part says, by language. */
  add(more) {
    this.#more.add(more);
    Object.assign(this.#words, more[this.lang]);
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
}
