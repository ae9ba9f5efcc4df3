// The reply field: Enter sends, drafts survive a reload, a repeat is the same message.
import { attached, detach } from "./attachment.js";

const DRAFT = "sapa-draft-";
const DRAFT_MS = 3 * 24 * 3600 * 1000;
const TYPING_EVERY_MS = 3000;

const field = () => document.getElementById("text");
const conversation = () => document.getElementById("conversation")?.dataset.id;

// Not crypto.randomUUID: it does not exist on a page without https.
function newId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// In localStorage, because a browser that dies takes what belongs to its session with it. Others
// who use the machine find nothing: drafts go at the logout, and are dropped after some days.
const place = (id) => `${DRAFT}${document.body.dataset.agent}-${id}`;

function keep(text) {
  try {
    if (text) localStorage.setItem(place(conversation()), JSON.stringify({ text, at: Date.now() }));
    else localStorage.removeItem(place(conversation()));
  } catch {
    // Full or forbidden: what is on the screen is still there.
  }
}

function draftAt(key) {
  try {
    const draft = JSON.parse(localStorage.getItem(key));
    // A draft from the future was written before the clock was set back.
    return draft && typeof draft.text === "string" && Math.abs(Date.now() - draft.at) < DRAFT_MS ? draft.text : null;
  } catch {
    return null;
  }
}

function forget(all) {
  for (const key of Object.keys(localStorage)) {
    if (key.startsWith(DRAFT) && (all || draftAt(key) === null)) localStorage.removeItem(key);
  }
}

function restore() {
  const draft = field() && draftAt(place(conversation()));
  if (draft && field().value === "") field().value = draft;
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
    keep(target.value);
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
    keep(text.value);
  });
  document.body.addEventListener("htmx:afterSettle", restore);
  document.addEventListener("click", ({ target }) => {
    if (!target.closest("#logout")) return;
    forget(true);
  });
  forget(false);
  restore();
}
