/** Fetch what was left out of the first load, and only if it is byte for byte what the build made. */

/* global PARTS -- build.js puts it in: name -> {file, integrity} */
const loaded = new Map();

/** One language's words. */
export async function words(lang) {
  const { file, integrity } = PARTS[lang];
  const answer = await fetch(new URL(file, import.meta.url), { integrity });
  if (!answer.ok) throw new Error(`${file}: HTTP ${answer.status}`);
  return answer.json();
}

/** The module `name` ("face" or "voice"); a failed fetch may be tried again. */
export function part(name) {
  if (!loaded.has(name)) {
    const module = fetched(PARTS[name]);
    module.catch(() => loaded.delete(name));
    loaded.set(name, module);
  }
  return loaded.get(name);
}

/** `import()` knows no integrity; a script element does, and leaves the checked module for `import()` to find. */
async function fetched({ file, integrity }) {
  const src = new URL(file, import.meta.url).href;
  const script = Object.assign(document.createElement("script"), { type: "module", crossOrigin: "", integrity, src });
  await new Promise((resolve, reject) => {
    script.onload = resolve;
    script.onerror = () => reject(new Error(`${file} could not be loaded`));
    document.head.append(script);
  }).finally(() => script.remove());
  return import(src);
}
