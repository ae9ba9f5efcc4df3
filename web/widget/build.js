/**
 * Build dist/ from src/: `node build.js` writes it, `node build.js --check` says whether it is up to date.
 *
 * A file's name carries the hash of its content, so browsers may keep it for ever; whoever loads it knows its
 * SRI digest. Only loader.js and sapa-chat.js keep their names: shops write them into their pages.
 */

import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { build, transform } from "esbuild";
import { portrayed, still } from "./src/face/still.js";

const SRC = new URL("src/", import.meta.url);
const DIST = new URL("dist/", import.meta.url);
const BROWSERS = ["es2022", "chrome111", "firefox121", "safari16.4"];
const LANGUAGES = ["id", "en"];
const PARTS = ["paint/paint.js", "face/face.js"]; // fetched by the chat when they are wanted, as the talk is
const LATER = ["attach/attach.js", "more/more.js", "voice/voice.js"]; // named by the talk: the chat has to be small

const files = {}; // name -> content

const smallCss = {
  name: "small-css",
  setup: ({ onLoad }) =>
    onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const { code } = await transform(readFileSync(path, "utf8"), { loader: "css", minify: true, target: BROWSERS.slice(1) });
      return { contents: code, loader: "text" };
    }),
};

async function bundle(entry, define = {}, format = "esm") {
  const { outputFiles } = await build({
    entryPoints: [new URL(entry, SRC).pathname], bundle: true, minify: true, write: false, charset: "utf8", legalComments: "none",
    target: BROWSERS, format, plugins: [smallCss], define: Object.fromEntries(Object.entries(define).map(([name, value]) => [name, JSON.stringify(value)])),
  });
  return outputFiles[0].text;
}

/** Take `content` in under a name with its hash; gives what a loader has to know. */
function hashed(name, content) {
  const hash = createHash("sha256").update(content).digest("hex").slice(0, 10);
  const file = name.replace(/\.(\w+)$/, `-${hash}.$1`);
  files[file] = content;
  return described(file, content);
}

function described(file, content) {
  return { file, integrity: `sha256-${createHash("sha256").update(content).digest("base64")}` };
}

async function hashedParts(entries) {
  const parts = {};
  for (const entry of entries) {
    const name = entry.split("/")[0];
    parts[name] = hashed(`${name}.js`, await bundle(entry));
  }
  return parts;
}

async function make() {
  const parts = {};
  for (const lang of LANGUAGES) {
    const words = JSON.parse(readFileSync(new URL(`texts/${lang}.json`, SRC), "utf8"));
    parts[lang] = hashed(`${lang}.json`, JSON.stringify(words));
  }
  const later = await hashedParts(LATER);
  Object.assign(parts, await hashedParts(PARTS), { talk: hashed("talk.js", await bundle("talk/talk.js", { LATER: later })) });
  const chat = hashed("chat.js", await bundle("sapa-chat.js", { PARTS: parts, PORTRAIT: portrayed() }));
  files["sapa-chat.js"] = `import"./${chat.file}";\n`;
  files["loader.js"] = await bundle("loader.js", { CHAT: chat }, "iife");
  files["nara.svg"] = still();
  const manifest = { loader: described("loader.js", files["loader.js"]), chat, ...parts, ...later };
  files["manifest.json"] = `${JSON.stringify(manifest, null, 2)}\n`;
}

function stale() {
  const there = Object.fromEntries(readdirSync(DIST).map((name) => [name, readFileSync(new URL(name, DIST), "utf8")]));
  return [...new Set([...Object.keys(there), ...Object.keys(files)])].filter((name) => there[name] !== files[name]);
}

await make();
if (process.argv.includes("--check")) {
  const wrong = stale();
  if (wrong.length) {
    console.error(`sapa: web/widget/dist does not match its source (${wrong.sort().join(", ")}). Run make widget and commit the result.`);
    process.exit(1);
  }
  console.log("sapa: web/widget/dist matches its source");
} else {
  rmSync(DIST, { recursive: true, force: true });
  mkdirSync(DIST);
  for (const [name, content] of Object.entries(files)) writeFileSync(new URL(name, DIST), content);
  console.log(Object.keys(files).join("\n"));
}
