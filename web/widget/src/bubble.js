/** One message as the customer sees it: who, words, card, choices, time. */

import { h } from "./dom.js";

/** Fill `node` (`<li>`) with `message`; `item` is its state in the outbox while it is not stored yet. */
export function bubble(node, message, texts, on, item = null) {
  const { author, kind, lang, text = "" } = message;
  const name = author === "customer" ? texts.t("you") : message.name;
  node.className = `message ${author}`;
  node.dataset.kind = kind;
  if (item) node.dataset.state = item.state;
  else delete node.dataset.state;
  if (lang) node.lang = lang;
  const state = item ? delivery(item, texts, on) : [];
  // What a reader has said already is not put in again: only the state of the customer's own message changes.
  if (author === "customer" && text && node.querySelector(".plain")?.textContent === text) {
    return node.querySelector(".state").replaceChildren(...state);
  }
  const said = message.data?.attachment?.caption ?? text; // the text also stands for the file, which is shown itself
  const words = (author !== "customer" && on.marked(said)) || [said && h("p", { class: "plain" }, said)].filter(Boolean);
  node.replaceChildren(
    ...[
      name && h("span", { class: "who" }, texts.t("said", { name })),
      words.length > 0 && h("div", { class: "words", dir: "auto" }, ...words),
      on.card(message),
      choices(message, texts, on),
      h("div", { class: "meta" }, time(message.at, texts), h("span", { class: "state" }, ...state)),
    ].filter(Boolean),
  );
}

function choices({ choices: offered, kind }, texts, on) {
  if (!offered?.length) return null;
  // The first tap takes the choices away; a second one that was on its way says nothing more.
  const choose = (choice) => (event) => event.currentTarget.isConnected && on.choice(choice, event);
  const buttons = offered.map((choice) =>
    h("button", { type: "button", class: "choice", dir: "auto", onclick: choose(choice) }, choice.label),
  );
  return h("div", { class: `choices ${kind}`, role: "group", "aria-label": texts.t("choices") }, ...buttons);
}

function time(at, texts) {
  return at ? h("time", { datetime: new Date(at).toISOString() }, texts.moment(at)) : null;
}

function delivery(item, texts, on) {
  if (item.state === "sent") return [];
  const passing = item.state === "sending";
  const label = h("span", { class: "delivery", "aria-hidden": passing && "true" }, texts.t(`item.${item.state}`));
  if (item.state !== "failed") return [label];
  return [
    label,
    h("button", { type: "button", onclick: () => on.retry(item) }, texts.t("retry")),
    item.text && h("button", { type: "button", onclick: () => on.edit(item) }, texts.t("edit")),
    item.reason && h("span", { class: "why", dir: "auto" }, item.reason),
  ].filter(Boolean);
}
