// The console's own behaviour; htmx does the fetching, this does keys, focus, drafts and counts.
import { attached, startAttachment, withFile } from "./attachment.js";
import { startCases } from "./cases.js";
import { startComposer } from "./composer.js";
import { startKeys } from "./keys.js";
import { startOffice } from "./office.js";
import { startLive } from "./live.js";
import { startSound, ring } from "./sound.js";

const { htmx, Idiomorph } = window;
const texts = JSON.parse(document.body.dataset.texts);
const by = (id) => document.getElementById(id);

// What a person is using right now is never rewritten by a push.
Idiomorph.defaults.callbacks.beforeNodeMorphed = (node) =>
  !(node instanceof Element && node.hasAttribute("data-keep"));

// Several ticked boxes of one name become one list, with commas.
const listed = (form) => Object.fromEntries([...form.keys()].map((name) => [name, form.getAll(name).join(",")]));

htmx.defineExtension("json-body", {
  onEvent(name, event) {
    if (name !== "htmx:configRequest" || event.detail.verb === "get") return;
    // With a file the browser names the kind itself, because it chooses the boundary.
    event.detail.headers["Content-Type"] = attached(event.detail.elt) ? null : "application/json";
  },
  encodeParameters(xhr, parameters, element) {
    if (attached(element)) return withFile(element);
    xhr.overrideMimeType("text/json");
    return JSON.stringify(parameters instanceof FormData ? listed(parameters) : parameters);
  },
});

let clearing;
function notice(text) {
  const place = by("notice");
  if (!place) return;
  place.textContent = text;
  clearTimeout(clearing);
  if (text && place.classList.contains("toast")) clearing = setTimeout(() => (place.textContent = ""), 8000);
}

function problemOf(xhr) {
  try {
    return JSON.parse(xhr.responseText).detail || texts.failed;
  } catch {
    return texts.failed;
  }
}

const isPage = (xhr) => (xhr.getResponseHeader("Content-Type") || "").startsWith("text/html");

document.body.addEventListener("htmx:configRequest", ({ detail }) => {
  if (detail.elt.id === "log") detail.parameters.set("state", by("state").dataset.state);
});
document.body.addEventListener("htmx:beforeRequest", ({ detail }) => {
  if (detail.requestConfig.verb === "post") notice("");
});
document.body.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (detail.xhr.status < 400 || !isPage(detail.xhr)) return;
  // A refusal page takes the conversation's place; inside the log it would look like a message.
  if (detail.target.id === "log") htmx.trigger(document.body, "conversation-changed");
  else detail.shouldSwap = true;
});
// Not htmx:responseError: that is lost when a push has removed the button meanwhile.
document.body.addEventListener("htmx:afterRequest", ({ detail }) => {
  if (detail.xhr.status < 400 || isPage(detail.xhr)) return;
  notice(problemOf(detail.xhr));
  if (detail.xhr.status === 409) {
    htmx.trigger(document.body, "conversation-changed");
    htmx.trigger(document.body, "desk-changed");
  }
});
document.body.addEventListener("htmx:sendError", ({ detail }) => {
  if (detail.requestConfig.verb === "post") notice(texts.failed);
});

// Lost and found line. The server sends everything afresh when the line is back.
document.body.addEventListener("htmx:sseError", () => {
  const place = by("offline");
  if (place.textContent === "") place.textContent = place.dataset.text;
});
document.body.addEventListener("htmx:sseOpen", () => (by("offline").textContent = ""));

// How many need a person: in the title, said aloud politely, and rung if wanted.
const title = document.title;
let before = null;
function count() {
  const list = document.querySelector("[data-waiting]");
  if (!list) return;
  const mine = document.querySelector("[data-mine]");
  const now = {
    waiting: Number(list.dataset.waiting),
    unread: Number(mine?.dataset.unread ?? 0),
    mine: new Set([...(mine?.querySelectorAll("li") ?? [])].map((row) => row.id)),
  };
  const needing = Number(list.dataset.needing);
  document.title = needing ? `(${needing}) ${title}` : title;
  if (before !== null) tellNews(before, now);
  before = now;
}

// Somebody new in the queue or at this desk; and, while the page is out of sight, a new message.
function tellNews(before, now) {
  const given = [...now.mine].some((row) => !before.mine.has(row)) && now.waiting >= before.waiting;
  if (now.waiting > before.waiting) by("told").textContent = texts.new_waiting.replace("{count}", now.waiting);
  else if (given) by("told").textContent = texts.new_mine;
  else if (!document.hidden || now.unread <= before.unread) return;
  ring();
}

function markOpen() {
  const open = by("conversation")?.dataset.id;
  for (const row of document.querySelectorAll("[data-row]")) {
    if (row.parentElement.id === `row-${open}`) row.setAttribute("aria-current", "true");
    else row.removeAttribute("aria-current");
  }
}

// The newest message stays in sight, unless somebody scrolled up to read.
let following = true;
const frame = () => by("log-frame");
document.addEventListener("scroll", (event) => {
  if (event.target.id !== "log-frame") return;
  const { scrollHeight, scrollTop, clientHeight } = event.target;
  following = scrollHeight - scrollTop - clientHeight < 80;
}, true);
function follow() {
  if (frame() && following) frame().scrollTop = frame().scrollHeight;
}

function arrive(focus) {
  following = true;
  follow();
  markOpen();
  if (focus) (by("take") ?? by("text") ?? by("work")).focus();
}

document.body.addEventListener("htmx:afterSwap", ({ detail }) => {
  if (detail.target?.id === "queue") { count(); markOpen(); }
  if (detail.target?.id === "work") arrive(true);
  if (detail.target?.id === "log") follow();
});
document.body.addEventListener("htmx:afterSettle", ({ detail }) => {
  if (detail.target?.id !== "conversation") return;
  follow();
  // After a take the button is gone: go on where the answer is written.
  if (document.activeElement === document.body) (by("text") ?? by("take") ?? by("work")).focus();
});

// On a narrow screen the context lies over the conversation; writing needs the room back.
function showContext(open) {
  by("conversation")?.classList.toggle("context-open", open);
  by("context-toggle")?.setAttribute("aria-expanded", String(open));
}
document.addEventListener("click", ({ target }) => {
  const toggle = target.closest("#context-toggle");
  if (toggle) showContext(toggle.getAttribute("aria-expanded") === "false");
});
document.addEventListener("focusin", ({ target }) => {
  if (target.closest(".talk")) showContext(false);
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || by("context-toggle")?.getAttribute("aria-expanded") !== "true") return;
  event.stopImmediatePropagation(); // one step back at a time
  showContext(false);
  by("context-toggle").focus();
});

startComposer();
startCases();
startAttachment(notice);
startKeys();
startOffice();
startSound();
startLive();
count();
arrive(Boolean(by("conversation")));
