/** What only a talk needs: cards, and how their messages look. Fetched with the first message. */

import css from "./talk.css";
import en from "./en.json";
import id from "./id.json";

/* global LATER -- build.js puts it in: the parts that are fetched from here */
export const later = LATER;
export { card } from "./cards.js";
export { markdown } from "./markdown.js";
export const styles = css;
export const words = { id, en };
