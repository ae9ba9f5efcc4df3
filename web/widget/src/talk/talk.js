/** What only a talk needs: cards, and how their messages look. Fetched with the first message. */

import css from "./talk.css";
import en from "./en.json";
import id from "./id.json";

export { card } from "./cards.js";
export const styles = css;
export const words = { id, en };
