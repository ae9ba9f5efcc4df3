/** Run a module only if it is byte for byte what the build made. */

/** `{file, integrity}` beside `base`; gives what it exports. */
export async function checked({ file, integrity }, base) {
  const src = new URL(file, base).href;
  const link = document.createElement("link");
  // `import()` knows no integrity. An element does, and leaves the checked module where `import()` finds it: a link
  // wherever it can, as a policy of Trusted Types lets nobody set a script's address.
  const element = link.relList.supports?.("modulepreload")
    ? Object.assign(link, { rel: "modulepreload", crossOrigin: "", integrity, href: src })
    : Object.assign(document.createElement("script"), { type: "module", crossOrigin: "", integrity, src });
  await new Promise((resolve, reject) => {
    element.onload = resolve;
    element.onerror = () => reject(new Error(`${file} could not be loaded`));
    document.head.append(element);
  });
  return import(src);
}
