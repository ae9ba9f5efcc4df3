/** Fetch what was left out of the first load, and only if it is byte for byte what the build made. */

import { checked } from "./checked.js";

/* global PARTS -- build.js puts it in: name -> {file, integrity} */
const loaded = new Map();

/** One language's words. */
export async function words(lang) {
  const { file, integrity } = PARTS[lang];
  const answer = await fetch(new URL(file, import.meta.url), { integrity });
  if (!answer.ok) throw new Error(`${file}: HTTP ${answer.status}`);
  return answer.json();
}

/** The module `name`; a failed fetch may be tried again. */
export function part(name) {
  if (!loaded.has(name)) {
    const module = found(name).then((file) => checked(file, import.meta.url));
    module.catch(() => loaded.delete(name));
    loaded.set(name, module);
  }
  return loaded.get(name);
}

/** What few visitors want is named by the talk, which most that want it have already. */
async function found(name) {
  return PARTS[name] ?? (await part("talk")).later[name];
}
