/** Money, days, waits and sizes as people in the customer's language write them. */

import { LOCALE } from "../locale.js";

/** Rupiah are written the Indonesian way in both languages: Rp1.250.000. */
export function price(rupiah) {
  return `Rp${Math.round(rupiah).toLocaleString("id-ID")}`;
}

/** A day in the shop's zone, as "Senin, 23 November"; a text that is no date is shown as it came. */
export function day(at, { lang, zone: timeZone }) {
  const when = new Date(at);
  if (Number.isNaN(when.getTime())) return String(at);
  return when.toLocaleDateString(LOCALE[lang], { weekday: "long", day: "numeric", month: "long", timeZone });
}

/** Whole minutes from and to, in words: "5–10 menit", "< 1 menit". */
export function waiting(low, high, texts) {
  const count = low ? `${texts.number(low)}–${texts.number(high)}` : `< ${texts.number(high)}`;
  return texts.t(!low && high === 1 ? "minute" : "minutes", { count });
}

/** Bytes, as people count them. */
export function size(bytes, texts) {
  return bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} KB` : `${texts.number((bytes / 1e6).toFixed(1))} MB`;
}
