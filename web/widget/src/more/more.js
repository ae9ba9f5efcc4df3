/** What a customer rarely needs but must find: the conversation to keep, by mail, or deleted. */

import { h } from "../dom.js";
import css from "./more.css";
import en from "./en.json";
import id from "./id.json";

export const styles = css;
export const words = { id, en };

const SAVED_MS = 60_000; // by then the browser has taken the content over

/**
 * A panel below `opener`, in `panel`; `on.transcript()` gives a Blob, `on.mail(address)`, `on.erase()`, `on.speakUp()`,
 * `on.settings()` what the site offers. Each may fail with an ApiError.
 */
export function mountMenu(opener, panel, texts, on) {
  const t = (key, values) => texts.t(key, values);
  const region = h("div", { class: "more", role: "region", id: "more", hidden: true, onkeydown: key });
  opener.setAttribute("aria-controls", "more");
  panel.querySelector("header").after(region);

  function close() {
    if (region.hidden) return;
    const inside = region.contains(region.getRootNode().activeElement);
    region.hidden = true;
    opener.setAttribute("aria-expanded", "false");
    if (inside) opener.focus();
  }

  function key(event) {
    if (event.key !== "Escape") return;
    event.preventDefault(); // the chat itself stays open
    close();
  }

  function show(...children) {
    region.replaceChildren(...children.flat().filter(Boolean));
    region.querySelector("input, button")?.focus();
  }

  const button = (label, act, kind = "") => h("button", { type: "button", class: kind, onclick: act }, label);

  function start() {
    const { transcript, help } = on.settings();
    show(
      button(t("more.download"), download),
      transcript?.mail && button(t("more.mail"), mail),
      help && h("a", { href: help, target: "_blank", rel: "noopener" }, t("more.help")),
      button(t("more.erase"), erase, "danger"),
      button(t("more.back"), close, "quiet"),
    );
  }

  /** Do it and say how it went. */
  async function attempt(act, done) {
    const doing = h("p", { tabindex: "-1" }, t("more.doing"));
    show(doing);
    doing.focus();
    let said = done;
    try {
      await act();
    } catch (error) {
      said = error.detail || t("more.failed");
    }
    show(h("p", { dir: "auto" }, said), button(t("more.back"), close, "quiet"));
    on.announce(said);
  }

  function download() {
    return attempt(async () => {
      const href = URL.createObjectURL(await on.transcript());
      h("a", { href, download: t("more.fileName", { date: new Date().toISOString().slice(0, 10) }) }).click();
      setTimeout(() => URL.revokeObjectURL(href), SAVED_MS);
    }, t("more.downloaded"));
  }

  function mail() {
    const input = h("input", { type: "email", id: "mail", required: true, autocomplete: "email", maxlength: "254" });
    const send = (event) => {
      event.preventDefault();
      attempt(() => on.mail(input.value), t("more.mailed"));
    };
    show(h("form", { onsubmit: send }, h("label", { for: "mail" }, t("more.address")), input, h("button", { type: "submit", class: "main" }, t("more.send"))), button(t("more.back"), start, "quiet"));
  }

  function erase() {
    show(
      h("p", {}, t("more.sure")),
      button(t("more.keep"), start, "main"),
      button(t("more.eraseNow"), () => attempt(on.erase, t("more.erased")), "danger"),
    );
  }

  return {
    close,
    toggle() {
      if (!region.hidden) return close();
      region.setAttribute("aria-label", t("more"));
      region.hidden = false;
      opener.setAttribute("aria-expanded", "true");
      start();
    },
  };
}
