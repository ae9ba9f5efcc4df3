/** Draw a message's `data` as a card; the text above it already says the same in words. */

import { h, icon } from "../dom.js";
import { day, price, waiting } from "./amounts.js";
import { fileCard } from "./file.js";

const RECENT_EVENTS = 3;
const COPY = "M9 9h11v11H9zM5 15H4V4h11v1";
const TICK = "M5 12.5l4.5 4.5L19 7.5";
const GIFT = "M4 11h16v9H4zM3 7h18v4H3zM12 7v13M12 7S7.5 7 7.5 4.5 11 3 12 7c1-4 4.5-5 4.5-2.5S12 7 12 7";
const PERSON = "M12 12a4 4 0 100-8 4 4 0 000 8zM4 21c0-4 3.5-6 8-6s8 2 8 6";

const CARDS = { order: orderCard, ticket: ticketCard, offer: offerCard, handoff: handoffCard };

/** The card for `message`, or null if its kind has none or its data are not there. */
export function card(message, texts, on) {
  const { data } = message;
  if (data?.attachment) return fileCard(message, texts, on);
  const draw = CARDS[message.kind];
  if (!draw || !data || !Object.keys(data).some((key) => key !== "client_id")) return null;
  return draw(data, texts, on);
}

function orderCard(order, texts, { announce }) {
  const status = order.late ? "late" : order.status;
  const label = texts.known(`status.${status}`) ? texts.t(`status.${status}`) : (order.status_text ?? texts.code("status", status));
  return h(
    "div",
    { class: "card" },
    head(texts.t("order"), order.number, pill(label, status)),
    goods(order.items ?? []),
    facts(
      [texts.t("courier"), order.courier],
      [texts.t("tracking"), order.tracking_number && copyable(order.tracking_number, texts, announce)],
      [texts.t("eta"), order.eta && day(order.eta, texts)],
      [texts.t("total"), order.total_idr && price(order.total_idr)],
    ),
    journey(order.events ?? [], texts),
  );
}

function goods(items) {
  if (!items.length) return null;
  return h("ul", { class: "goods", dir: "auto" }, ...items.map(({ name, quantity }) => h("li", {}, `${quantity} × ${name}`)));
}

function journey(events, texts) {
  if (!events.length) return null;
  const rows = [...events].sort((a, b) => (a.at < b.at ? 1 : -1)).map((event) => step(event, texts));
  const older = rows.slice(RECENT_EVENTS);
  return h(
    "div",
    { class: "journey" },
    h("ol", { "aria-label": texts.t("journey") }, ...rows.slice(0, RECENT_EVENTS)),
    older.length > 0 &&
      h("details", {}, h("summary", {}, texts.t("olderEvents", { count: older.length })), h("ol", {}, ...older)),
  );
}

function step({ at, text, code, city }, texts) {
  const place = [city, texts.shopMoment(at)].filter(Boolean).join(" · ");
  return h("li", {}, h("span", { class: "step", dir: "auto" }, text || code), h("span", { class: "fine" }, place));
}

function copyable(number, texts, announce) {
  const button = h("button", { type: "button", class: "copy", "aria-label": texts.t("copy") }, icon(COPY));
  button.addEventListener("click", async () => {
    // Without HTTPS there is no clipboard; the number can still be marked by hand.
    await navigator.clipboard?.writeText(number);
    button.replaceChildren(icon(TICK));
    announce(texts.t("copied"));
  });
  return [h("span", { class: "number" }, number), button];
}

function ticketCard(ticket, texts) {
  const urgent = ["high", "urgent"].includes(ticket.priority);
  return h(
    "div",
    { class: "card" },
    head(texts.t("ticket"), ticket.number, pill(texts.code("ticketStatus", ticket.status), ticket.status)),
    facts(
      [texts.t("category"), ticket.category && texts.code("category", ticket.category)],
      [texts.t("priority"), urgent && texts.code("level", ticket.priority)],
      [texts.t("due"), ticket.due_at && texts.shopMoment(ticket.due_at)],
    ),
  );
}

function offerCard(offer, texts, { linkable }) {
  const name = offer.product?.name ?? offer.product;
  return h(
    "div",
    { class: "card offer", "aria-hidden": "true" }, // its sentence is there for readers
    picture(offer.picture, linkable),
    h("p", { class: "card-kicker" }, icon(GIFT), texts.t("offer")),
    h("p", { class: "product", dir: "auto" }, name),
    offer.price_idr != null && h("p", { class: "price" }, price(offer.price_idr), offer.was_idr && h("s", {}, price(offer.was_idr))),
    offer.reason && h("p", { class: "reason", dir: "auto" }, offer.reason),
  );
}

/** A shop's picture of the product; the frame has its height before it comes, and goes if it does not. */
function picture(address, linkable) {
  if (!address || !linkable(address)) return null;
  const image = h("img", { class: "picture", src: new URL(address, document.baseURI).href, alt: "", loading: "lazy", referrerpolicy: "no-referrer" });
  image.addEventListener("error", () => image.remove());
  return image;
}

/** Only for somebody who waits: in the queue, or until the team is back. */
function handoffCard({ state, position, wait_minutes: wait, opens_at: opens }, texts) {
  if (state !== "waiting" && !opens) return null;
  const queue = [
    position > 0 && texts.t("position", { position: texts.number(position) }),
    wait && waiting(...wait, texts),
  ].filter(Boolean);
  return h(
    "div",
    { class: "card handoff", "data-state": state },
    h("p", { class: "card-kicker" }, icon(PERSON), texts.t(opens ? "closedNow" : "state.waiting")),
    h("p", { class: "queue" }, opens ? texts.t("opens", { at: texts.shopMoment(opens) }) : queue.join(" · ")),
  );
}

function head(kind, number, status) {
  return h("div", { class: "card-head" }, h("p", {}, h("span", { class: "fine" }, kind), h("strong", {}, number)), status);
}

function pill(label, code) {
  return label ? h("span", { class: "pill", "data-code": code }, label) : null;
}

function facts(...rows) {
  const known = rows.filter(([, value]) => value);
  if (!known.length) return null;
  return h("dl", {}, ...known.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, ...[value].flat()))));
}
