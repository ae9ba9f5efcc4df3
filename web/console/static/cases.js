// Forms about a case: what is typed is kept, and sent once however often it is tried.
import { keep, kept, newId, startDrafts } from "./drafts.js";

const drafted = (form) => form?.matches?.("form[data-draft]");
const field = (form) => form.elements.text;

function restore() {
  for (const form of document.querySelectorAll("form[data-draft]")) {
    if (field(form).value === "") field(form).value = kept(form.dataset.draft);
  }
}

export function startCases() {
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
    form.reset();
    form.elements.client_id.value = "";
    if (drafted(form)) keep(form.dataset.draft, "");
    form.closest("details")?.removeAttribute("open");
  });
  document.body.addEventListener("htmx:afterSettle", restore);
  restore();
}
