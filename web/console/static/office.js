// Answers that are shown once, and the code that a login asks for only when it needs one.
const by = (id) => document.getElementById(id);

function body(xhr) {
  try {
    return JSON.parse(xhr.responseText);
  } catch {
    return {};
  }
}

function show({ elt, xhr }) {
  const place = by(elt.dataset?.into);
  if (!place || xhr.status >= 300) return;
  const value = body(xhr)[elt.dataset.shows];
  place.querySelector("[data-value]").textContent = Array.isArray(value) ? value.join("\n") : value;
  place.hidden = false;
  place.querySelector("[data-value]").focus();
}

function askCode({ xhr }) {
  if (body(xhr).type !== "urn:sapa:problem:code-needed") return;
  by("code-row").hidden = false;
  by("code").focus();
}

export function startOffice() {
  document.body.addEventListener("htmx:afterRequest", ({ detail }) => {
    show(detail);
    if (detail.elt.matches?.(".line-form") && detail.xhr.status < 300) detail.elt.reset();
    if (detail.xhr.status === 401 && by("code-row")) askCode(detail);
  });
}
