// The line to the server: noticed when it is dead though it looks alive, as after a laptop slept; and
// how far the CSR has read.
const SILENT_MS = 40_000; // the server is heard every 15 s
const LOOK_MS = 5_000;

let source = null;
let heardAt = Date.now();

function lookAfterTheLine() {
  if (!source || Date.now() - heardAt < SILENT_MS) return;
  heardAt = Date.now(); // one try at a time
  // htmx's extension opens a new one after an error; the server then tells everything afresh.
  source.close();
  source.onerror(new Event("error"));
}

const by = (id) => document.getElementById(id);
let told = ""; // conversation and number that the server knows to be read
function tellRead() {
  const log = by("log");
  const last = log?.querySelector("li[data-seq]:last-of-type")?.dataset.seq;
  if (!last || !log.dataset.read || document.visibilityState !== "visible") return;
  const now = `${log.dataset.read} ${last}`;
  if (now === told) return;
  told = now;
  fetch(log.dataset.read, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ seq: Number(last) }),
  })
    .then((answer) => answer.ok && window.htmx.trigger(document.body, "desk-changed"))
    .catch(() => (told = ""));
}

export function startLive() {
  document.body.addEventListener("htmx:sseOpen", ({ detail }) => {
    source = detail.source;
    heardAt = Date.now();
  });
  document.body.addEventListener("htmx:sseBeforeMessage", () => (heardAt = Date.now()));
  setInterval(lookAfterTheLine, LOOK_MS);
  for (const name of ["online", "pageshow", "focus"]) addEventListener(name, lookAfterTheLine);
  document.addEventListener("visibilitychange", () => {
    lookAfterTheLine();
    tellRead();
  });
  document.body.addEventListener("htmx:afterSettle", tellRead);
  tellRead();
}
