// What is being typed outlives a reload, a crash of the browser and a night; never a log-out.
// In localStorage, because a browser that dies takes what belongs to its session with it.
const PREFIX = "sapa-draft-";
const LONGEST_MS = 3 * 24 * 3600 * 1000;

// Each agent's own, on a computer that several share.
const keyOf = (place) => `${PREFIX}${document.body.dataset.agent}-${place}`;

export function keep(place, text) {
  try {
    if (text) localStorage.setItem(keyOf(place), JSON.stringify({ text, at: Date.now() }));
    else localStorage.removeItem(keyOf(place));
  } catch {
    // Full or forbidden: what is on the screen is still there.
  }
}

function draftAt(key) {
  try {
    const draft = JSON.parse(localStorage.getItem(key));
    // A draft from the future was written before the clock was set back.
    return draft && typeof draft.text === "string" && Math.abs(Date.now() - draft.at) < LONGEST_MS ? draft.text : null;
  } catch {
    return null;
  }
}

export const kept = (place) => draftAt(keyOf(place)) ?? "";

function forget(all) {
  for (const key of Object.keys(localStorage)) {
    if (key.startsWith(PREFIX) && (all || draftAt(key) === null)) localStorage.removeItem(key);
  }
}

export function startDrafts() {
  forget(false);
  document.addEventListener("click", ({ target }) => target.closest("#logout") && forget(true));
}

// Not crypto.randomUUID: it does not exist on a page without https.
export function newId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
