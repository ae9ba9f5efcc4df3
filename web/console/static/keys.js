// Moving about without a mouse. Letters act only inside the queue, so typing is never caught.
const rows = () => [...document.querySelectorAll("[data-row]")];
const STEPS = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 };

function move(step) {
  const all = rows();
  if (all.length === 0) return;
  const place = all.indexOf(document.activeElement);
  const next = place === -1 ? (step > 0 ? 0 : all.length - 1) : Math.min(Math.max(place + step, 0), all.length - 1);
  all[next].focus();
}

function toQueue() {
  const open = rows().find((row) => row.hasAttribute("aria-current"));
  (open ?? rows()[0])?.focus();
}

export function startKeys() {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const { target, key } = event;
    if (key === "Escape" && target.closest("#work")) toQueue();
    else if (key in STEPS && (target.closest("#queue") || target === document.body)) {
      event.preventDefault();
      move(STEPS[key]);
    }
  });
}
