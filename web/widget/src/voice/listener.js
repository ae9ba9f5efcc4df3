/**
 * Hear the customer: by the server where it can, else by the browser (whose maker then gets the sound, so that is said
 * first and agreed to), else as a voice message for people.
 */

import { asksToRead } from "./spoken.js";

const TAGS = { id: "id-ID", en: "en-GB" };
const LONGEST_MS = 120_000;
const READ_MS = 600; // nobody reads a notice faster; a double tap is
const KINDS = ["audio/webm;codecs=opus", "audio/ogg;codecs=opus", "audio/mp4"];
const GONE = ["network", "service-not-allowed", "language-not-supported", "audio-capture"];

export class Listener {
  #stage;
  #on;
  #t;
  #ears = null; // a recogniser or a recorder at work
  #broken = false; // the browser's recogniser failed in this visit
  #told = null; // when it was said that the sound leaves the device

  /** `on.begin()` before it listens, `on.end()` after, `on.read()` when what was held back is asked for. */
  constructor(stage, t, on) {
    this.#stage = stage;
    this.#t = t;
    this.#on = on;
  }

  get busy() {
    return this.#ears !== null;
  }

  /** Begin, or end what is under way. */
  async press() {
    if (this.#ears) return this.#ears.stop();
    if (this.#server) return this.#record("listening", (sound) => this.#writeDown(sound));
    if (this.#recogniser && !this.#broken) return this.#dictate();
    return this.#record("recording", (sound) => this.#stage.sendFile(sound));
  }

  abort() {
    this.#ears?.abort?.();
  }

  get #server() {
    return Boolean(this.#stage.settings?.()?.voice?.dictation && globalThis.MediaRecorder);
  }

  get #recogniser() {
    return globalThis.SpeechRecognition ?? globalThis.webkitSpeechRecognition;
  }

  #dictate() {
    if (!this.#stage.store.get("dictate")) {
      this.#told ??= performance.now();
      if (performance.now() - this.#told < READ_MS) return this.#stage.note(this.#t("leaves"));
    }
    this.#stage.store.set("dictate", true); // a press after the notice is the yes, and asked for once
    const ears = Object.assign(new this.#recogniser(), { lang: TAGS[this.#stage.lang()], interimResults: true, continuous: false });
    let words = "";
    let fault = null;
    ears.onresult = ({ results }) => {
      words = [...results].map(([best]) => best.transcript).join("");
      if (!asksToRead(words)) this.#stage.compose(words);
    };
    ears.onerror = ({ error }) => (fault = error);
    ears.onend = () => this.#heard(words, fault);
    this.#begin(ears, "listening");
    ears.start();
  }

  #heard(words, fault) {
    this.#end();
    if (words && asksToRead(words)) {
      this.#stage.compose("");
      return this.#on.read();
    }
    if (words) return this.#stage.note(this.#t("check"));
    if (GONE.includes(fault)) {
      this.#broken = Boolean(globalThis.MediaRecorder);
      return this.#stage.note(this.#t(this.#broken ? "failed" : "nothing"));
    }
    if (fault !== "aborted") this.#stage.note(this.#t(fault === "not-allowed" ? "denied" : "nothing"));
  }

  async #record(notice, done) {
    let wanted = true;
    const unwanted = () => (wanted = false);
    this.#ears = { stop: unwanted, abort: unwanted }; // while the browser asks, a press takes it back
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    } catch {
      this.#ears = null;
      return this.#stage.note(this.#t("denied"));
    }
    if (!wanted) {
      this.#ears = null;
      return stream.getTracks().forEach((track) => track.stop());
    }
    const mimeType = KINDS.find((kind) => MediaRecorder.isTypeSupported(kind));
    const recorder = new MediaRecorder(stream, { mimeType, audioBitsPerSecond: 24_000 });
    const pieces = [];
    const late = setTimeout(() => recorder.stop(), LONGEST_MS);
    recorder.ondataavailable = ({ data }) => pieces.push(data);
    recorder.onstop = () => {
      clearTimeout(late);
      stream.getTracks().forEach((track) => track.stop()); // the microphone's light goes out
      this.#end();
      const kind = recorder.mimeType || mimeType;
      const sound = new File(pieces, `suara.${ending(kind)}`, { type: kind.split(";")[0] });
      if (wanted && sound.size) done(sound);
    };
    this.#begin({ stop: () => recorder.stop(), abort: () => ((wanted = false), recorder.stop()) }, notice);
    recorder.start();
  }

  async #writeDown(sound) {
    this.#stage.note(this.#t("writing"));
    try {
      const audio = btoa(String.fromCharCode(...new Uint8Array(await sound.arrayBuffer())));
      const { text } = await this.#stage.post("dictation", { audio, mime: sound.type, lang: this.#stage.lang() });
      if (text && asksToRead(text)) return this.#stage.note(null), this.#on.read();
      if (text) this.#stage.compose(text);
      this.#stage.note(this.#t(text ? "check" : "nothing"));
    } catch (error) {
      this.#stage.note(error.detail || this.#t("nothing"));
    }
  }

  #begin(ears, notice) {
    this.#ears = ears;
    this.#on.begin();
    this.#stage.note(this.#t(notice));
  }

  #end() {
    this.#ears = null;
    this.#stage.note(null);
    this.#on.end();
  }
}

function ending(kind) {
  return kind.startsWith("audio/mp4") ? "m4a" : kind.startsWith("audio/ogg") ? "ogg" : "webm";
}
