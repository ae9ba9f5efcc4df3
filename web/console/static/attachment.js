// A file beside the reply: chosen or pasted, named aloud, taken off again, and sent along.
const KINDS = { "image/jpeg": "image", "image/png": "image", "application/pdf": "document" };
const MEGABYTE = 1_000_000;

const by = (id) => document.getElementById(id);

/** The file that goes out with this form, if it is the reply and has one. */
export function attached(form) {
  return form.matches?.("[data-composer]") ? form.querySelector("#file").files[0] : undefined;
}

/** The reply with its file, as a browser posts a form. */
export function withFile(form) {
  const body = new FormData();
  for (const name of ["client_id", "text"]) body.append(name, form.elements[name].value);
  body.append("file", attached(form));
  return body;
}

export function detach(told = "") {
  by("file").value = "";
  show(told);
}

function show(told = "") {
  const [file] = by("file").files;
  by("text").required = !file;
  by("unattach").hidden = !file;
  by("text").form.elements.client_id.value = ""; // with another file it is another message
  by("attached").textContent = file ? named(file) : told;
}

function named(file) {
  const size = file.size < MEGABYTE ? `${Math.ceil(file.size / 1000)} KB` : `${(file.size / MEGABYTE).toFixed(1)} MB`;
  return by("attached").dataset.on.replace("{name}", file.name).replace("{size}", size);
}

/** Say at once what the server would refuse. */
function fault(file, { kind, large, ...limits }) {
  if (!KINDS[file.type]) return kind;
  return file.size > limits[KINDS[file.type]] * MEGABYTE ? large : "";
}

function choose(notice) {
  const input = by("file");
  const wrong = input.files[0] ? fault(input.files[0], input.dataset) : "";
  notice(wrong);
  if (wrong) input.value = "";
  show();
}

export function startAttachment(notice) {
  document.addEventListener("change", ({ target }) => target.id === "file" && choose(notice));
  document.addEventListener("paste", (event) => {
    const { files } = event.clipboardData;
    if (event.target.id !== "text" || !files.length) return;
    event.preventDefault();
    by("file").files = files;
    choose(notice);
  });
  document.addEventListener("click", ({ target }) => {
    if (!target.closest("#unattach")) return;
    detach(by("attached").dataset.off);
    by("file").focus();
  });
}
