/** The list of messages: in the order of their `seq`, each once, the unsent ones last. */

import { h, icon } from "./dom.js";
import { bubble } from "./bubble.js";

const NEAR_PX = 80; // so near the end counts as "at the end"
const DOWN = "M12 5v14M6 13l6 6 6-6";

export class Log {
  #texts;
  #on;
  #entries = []; // {node, seq, id, client_id, author, name, text, message, item?}
  #persona = {};
  #hours = h("p", { class: "fine hours", hidden: true });
  #intro = h("li", { class: "message bot", hidden: true });
  #list = h("ol", { role: "list" }, this.#intro);
  #typing = h("li", { class: "typing", hidden: true, "aria-hidden": "true" }, h("i"), h("i"), h("i"));
  #jump;

  /** `on.choice(choice, event)`, `on.retry(item)`, `on.edit(item)`, `on.announce(text)`. */
  constructor(texts, on) {
    this.#texts = texts;
    this.#on = on;
    this.scroller = h("div", { class: "log", role: "log", tabindex: "0" }, this.#list, this.#typing);
    this.#jump = h("button", { type: "button", class: "jump", hidden: true, onclick: () => this.toEnd() }, icon(DOWN), h("span"));
    this.element = h("div", { class: "log-frame" }, this.scroller, this.#jump);
    this.scroller.addEventListener("scroll", () => this.#atEnd() && (this.#jump.hidden = true), { passive: true });
    this.relabel();
  }

  relabel() {
    this.scroller.setAttribute("aria-label", this.#texts.t("log"));
    this.#jump.lastChild.textContent = this.#texts.t("jump");
    for (const entry of this.#entries) if (entry.item) this.own(entry.item);
  }

  /** Add messages of the server; many at once are history and are not read aloud. */
  add(messages) {
    const stay = this.#atEnd();
    this.scroller.setAttribute("aria-busy", String(messages.length > 2));
    for (const message of messages) this.#place(message);
    this.#settle(stay, messages.at(-1));
    // A reader would still announce what came while busy, unless the end of it comes in a later frame.
    setTimeout(() => this.scroller.setAttribute("aria-busy", "false"), 200);
  }

  /** Show a message of the customer before the server has it, and every change of its state. */
  own(item) {
    let entry = this.#entries.find(({ client_id }) => client_id === item.client_id);
    if (entry && !entry.item) return;
    if (!entry) {
      if (item.state === "sent") return;
      entry = this.#insert({ seq: Infinity, client_id: item.client_id, author: "customer", node: h("li") });
      this.#retireChoices();
    }
    const twin = item.id && this.#entries.find(({ id }) => id === item.id);
    if (twin) return this.#remove(entry);
    Object.assign(entry, { item, id: item.id, seq: item.seq ?? Infinity });
    bubble(entry.node, asMessage(item), this.#texts, this.#on, item);
    this.#group();
    if (item.state === "waiting" || item.state === "sending") this.toEnd();
  }

  /** Take out a message that its author wants to change. */
  forget(item) {
    const entry = this.#entries.find(({ client_id }) => client_id === item.client_id);
    if (entry) this.#remove(entry);
  }

  /** The persona's greeting stands first; a server that stores it as a message sends it again. */
  greet(persona) {
    this.#persona = persona;
    const { name, greeting: text } = persona;
    if (text) bubble(this.#intro, { author: "bot", kind: "text", name, text, choices: this.#beginnings() }, this.#texts, this.#on);
    this.#intro.append(this.#hours);
    this.#group();
  }

  /** What the site's visitors ask most, in words: nothing has been offered in this conversation yet. */
  suggestions = [];

  #beginnings() {
    const ours = () => ["start.track", "start.promo", "start.ticket", "start.person"].map((key) => this.#texts.t(key));
    return (this.suggestions.length ? this.suggestions : ours()).map((label) => ({ label }));
  }

  /** `{open, until}` or `{open, opens}`: when people answer. */
  set hours(hours) {
    const at = hours && (hours.until ?? hours.opens);
    this.#hours.hidden = !at;
    if (at) this.#hours.textContent = this.#texts.t(hours.open ? "hours.open" : "hours.closed", { at: this.#texts.shopMoment(at) });
  }

  /** A file that was being checked may be seen now, or may not. */
  file(seq, file) {
    const entry = this.#entries.find((one) => one.seq === seq);
    if (!entry?.message?.data?.attachment) return;
    const { data } = entry.message;
    entry.message = { ...entry.message, data: { ...data, attachment: { ...data.attachment, file } } };
    this.keepingTheEnd(() => bubble(entry.node, entry.message, this.#texts, this.#on));
  }

  clear() {
    for (const node of [...this.#list.children]) if (node !== this.#intro) node.remove();
    this.#entries = [];
    this.greet(this.#persona);
  }

  /** Do what makes the log grow, and stay at its end if we were there. */
  keepingTheEnd(grow) {
    const stay = this.#atEnd();
    grow();
    if (stay) this.toEnd();
  }

  /** What is shown belongs to an ended conversation; numbers start anew after it. */
  freeze(text) {
    this.#retireChoices();
    this.#entries = this.#entries.filter((entry) => entry.item && entry.item.state !== "sent");
    this.#list.append(h("li", { class: "note" }, h("p", {}, text)));
    for (const { node } of this.#entries) this.#list.append(node);
  }

  typing(on) {
    this.keepingTheEnd(() => (this.#typing.hidden = !on));
  }

  /** Take the focus of a button that has done its work. */
  focus() {
    this.scroller.focus({ preventScroll: true });
  }

  toEnd() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  #place(message) {
    const clientId = message.data?.client_id;
    const mine = this.#entries.find((entry) => (clientId && entry.client_id === clientId) || entry.id === message.id);
    const entry = mine ?? { node: h("li") };
    Object.assign(entry, { seq: message.seq, id: message.id, author: message.author, name: message.name, text: message.text, message, item: null });
    if (mine) this.#entries.splice(this.#entries.indexOf(mine), 1);
    if (message.author === "customer") this.#retireChoices(message.seq);
    bubble(entry.node, message, this.#texts, this.#on);
    this.#insert(entry);
    this.#group();
  }

  /** Put the entry where its number belongs; a node already there is not moved, or readers repeat it. */
  #insert(entry) {
    let at = this.#entries.length;
    while (at > 0 && this.#entries[at - 1].seq > entry.seq) at -= 1;
    this.#entries.splice(at, 0, entry);
    const after = this.#entries[at + 1]?.node ?? null;
    const there = entry.node.parentNode === this.#list && entry.node.nextSibling === after;
    if (!there) this.#list.insertBefore(entry.node, after);
    return entry;
  }

  #remove(entry) {
    this.#entries.splice(this.#entries.indexOf(entry), 1);
    entry.node.remove();
    this.#group();
  }

  /** Only the first of several messages by one author shows who writes. */
  #group() {
    this.#intro.hidden = !this.#intro.firstChild || this.#entries[0]?.text === this.#persona.greeting;
    if (this.#entries.length) this.#intro.querySelector(".choices")?.remove();
    this.#entries.forEach(({ node, author, name }, index) => {
      const before = this.#entries[index - 1];
      node.classList.toggle("same", before?.author === author && before?.name === name);
    });
  }

  /** What was offered before the customer went on is no longer a question. */
  #retireChoices(before = Infinity) {
    for (const { node, seq } of this.#entries) if (seq < before) node.querySelector(".choices")?.remove();
  }

  #atEnd() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    return scrollHeight - scrollTop - clientHeight < NEAR_PX;
  }

  /** Follow the talk, but never pull a reader away from what is above. */
  #settle(stay, last) {
    const node = this.#entries.find(({ id }) => id === last.id)?.node;
    if (!stay) this.#jump.hidden = false;
    else if (node && node.offsetHeight > this.scroller.clientHeight) this.scroller.scrollTop = node.offsetTop - 8;
    else this.toEnd();
  }
}

function asMessage({ client_id, text, label, file, at }) {
  const data = { client_id };
  if (file) data.attachment = { kind: file.type.startsWith("image/") ? "image" : "document", name: file.name, caption: text, file: { mime: file.type, size: file.size } };
  return { author: "customer", kind: "text", text: text ?? label ?? "", at, data };
}
