/** How numbers and dates are written, by language. */

export const LOCALE = { id: "id-ID", en: "en-GB" };
