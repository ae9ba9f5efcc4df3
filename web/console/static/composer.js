// The reply field: Enter sends, drafts survive a reload, a repeat is the same message.
import { attached, detach } from "./attachment.js";
import { keep, kept, newId } from "./drafts.js";

const TYPING_EVERY_MS = 3000;

const field = () => document.getElementById("text");
const conversation = () => document.getElementById("conversation")?.dataset.id;

function restore() {
  const draft = kept(conversation());
  if (field() && draft && field().value === "") field().value = draft;
}

let typedAt = 0;
function tellTyping(form) {
  if (Date.now() - typedAt < TYPING_EVERY_MS) return;
  typedAt = Date.now();
  fetch(form.dataset.typing, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ on: true }),
  }).catch(() => {});
}

export function startComposer() {
  document.addEventListener("keydown", (event) => {
    if (event.target !== field() || event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    if (field().value.trim() || attached(field().form)) field().form.requestSubmit();
  });
  document.addEventListener("input", ({ target }) => {
    if (target !== field()) return;
    target.form.elements.client_id.value = ""; // other words are another message
    keep(conversation(), target.value);
    tellTyping(target.form);
  });
  document.body.addEventListener("htmx:configRequest", ({ detail }) => {
    const form = detail.elt;
    if (!form.matches("[data-composer]")) return;
    // After a failure the same words are sent under the same id, and stored once.
    form.elements.client_id.value ||= newId();
    detail.parameters.set("client_id", form.elements.client_id.value);
    form.dataset.sent = field().value;
    if (attached(form)) detail.path = form.dataset.files;
  });
  document.body.addEventListener("htmx:afterRequest", ({ detail }) => {
    const form = detail.elt;
    if (!form.matches("[data-composer]") || !detail.successful) return;
    // What was typed while the message travelled stays.
    const text = form.elements.text;
    text.value = text.value.startsWith(form.dataset.sent) ? text.value.slice(form.dataset.sent.length) : text.value;
    detach();
    typedAt = 0;
    keep(conversation(), text.value);
  });
  document.body.addEventListener("htmx:afterSettle", restore);
  restore();
}
