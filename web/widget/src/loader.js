/**
 * `<script async src="…/loader.js" data-site="KEY" data-lang="id"></script>`: put the chat on a page, and `window.Sapa`.
 *
 * Calls made before the chat is there wait for it. Nothing is written into the page but one element at its end.
 */

import { checked } from "./checked.js";

/* global CHAT -- build.js puts it in: {file, integrity} */
const TAG = "sapa-chat";
const MENDS = 5; // within MENDS_MS: a page that keeps on throwing us out means it
const MENDS_MS = 10_000;
const script = document.currentScript ?? document.querySelector("script[data-site]");

function begin() {
  const { site, lang, identity, server, timezone, scheme } = script.dataset;
  const chat = document.createElement(TAG);
  for (const [name, value] of Object.entries({ site, lang, "identity-token": identity, server, timezone, scheme })) {
    if (value) chat.setAttribute(name, value);
  }
  const ready = customElements.whenDefined(TAG);
  const later = (name) => (...values) => ready.then(() => chat[name](...values));
  let wanted = true;
  window.Sapa = {
    open: later("open"),
    close: later("close"),
    identify: later("identify"),
    page: later("page"),
    theme: later("theme"),
    on(event, hear) {
      const listener = ({ detail }) => hear(detail);
      chat.addEventListener(`sapa:${event}`, listener);
      return () => chat.removeEventListener(`sapa:${event}`, listener);
    },
    remove() {
      wanted = false;
      chat.remove();
    },
  };
  checked(CHAT, script.src).catch((error) => console.error(error));
  if (document.body) stay();
  else addEventListener("DOMContentLoaded", stay);

  /** Some pages replace their body, or all in it that they do not know; the talk goes on where it was. */
  function stay() {
    const mends = [];
    const watch = new MutationObserver(look);
    look();

    function look() {
      watch.disconnect();
      if (!wanted) return;
      if (!chat.isConnected && document.body) {
        if (mends.length === MENDS && Date.now() - mends.shift() < MENDS_MS) return;
        mends.push(Date.now());
        document.body.append(chat);
      }
      watch.observe(document.documentElement, { childList: true });
      if (document.body) watch.observe(document.body, { childList: true });
    }
  }
}

// A page that holds the snippet twice still gets one chat.
if (!window.Sapa) begin();
