// Forms about a case: what is typed is kept, and sent once however often it is tried.
import { keep, kept, newId, startDrafts } from "./drafts.js";

const drafted = (form) => form?.matches?.("form[data-draft]");
const field = (form) => form.elements.text;

function restore() {
  for (const form of document.querySelectorAll("form[data-draft]")) {
    if (field(form).value === "") field(form).value = kept(form.dataset.draft);
  }
}

// What was inserted stands where the caret was, to be read and changed before it is sent.
function insert(text) {
  const place = document.getElementById("text");
  if (!place) return;
  const gap = place.selectionStart && !/\s$/.test(place.value.slice(0, place.selectionStart)) ? " " : "";
  place.setRangeText(gap + text, place.selectionStart, place.selectionEnd, "end");
  place.dispatchEvent(new Event("input", { bubbles: true }));
  place.focus();
}

function tick(box) {
  fetch(box.dataset.script, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ step: box.dataset.step, done: box.checked }),
  })
    .then((answer) => {
      if (!answer.ok) throw new Error(answer.status);
      window.htmx.trigger(document.body, "conversation-changed");
    })
    .catch(() => (box.checked = !box.checked));
}

function openReplies(event) {
  const replies = document.getElementById("canned");
  if (event.key !== "/" || event.target.id !== "text" || event.target.value || !replies) return;
  event.preventDefault();
  replies.open = true;
  replies.querySelector("button").focus();
}

export function startCases() {
  document.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-insert]");
    if (button) insert(button.dataset.insert);
  });
  document.addEventListener("change", ({ target }) => target.matches("[data-step]") && tick(target));
  document.addEventListener("keydown", openReplies);
  startDrafts();
  document.addEventListener("input", ({ target }) => {
    if (target.form?.elements.client_id && !target.form.matches("[data-composer]")) target.form.elements.client_id.value = "";
    if (drafted(target.form) && target === field(target.form)) keep(target.form.dataset.draft, target.value);
  });
  document.body.addEventListener("htmx:configRequest", ({ detail }) => {
    const id = detail.elt.elements?.client_id;
    if (!id || detail.elt.matches("[data-composer]")) return;
    // After a failure the same is sent under the same id, and done once.
    id.value ||= newId();
    detail.parameters.set("client_id", id.value);
  });
  document.body.addEventListener("htmx:afterRequest", ({ detail }) => {
    const form = detail.elt;
    if (!form.elements?.client_id || form.matches("[data-composer]") || !detail.successful) return;
    form.elements.client_id.value = "";
    if ("stays" in form.dataset) return;
    form.reset();
    if (drafted(form)) keep(form.dataset.draft, "");
    form.closest("details")?.removeAttribute("open");
  });
  document.body.addEventListener("htmx:afterSettle", restore);
  restore();
}
