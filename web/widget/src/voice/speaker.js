/** Say sentences one after another, by a voice of the browser or of the server, and move the mouth to them. */

import { sentences } from "./spoken.js";

const TAGS = { id: "id-ID", en: "en-GB" };
const LETTER_MS = 68; // of a word, as voices speak
const SHAPES = { a: "a", e: "e", i: "e", y: "e", o: "o", u: "u", w: "u", m: "m", b: "m", p: "m", f: "f", v: "f", l: "l", r: "l" };

/** The browser's voice for `lang`, one that works on the device before one of a service elsewhere. */
export function voiceFor(lang) {
  const voices = globalThis.speechSynthesis?.getVoices() ?? [];
  const fitting = voices.filter((voice) => voice.lang.toLowerCase().startsWith(lang));
  return fitting.find(({ localService }) => localService) ?? fitting[0] ?? null;
}

/** Shapes for a word whose letters we know and whose sounds we do not. */
export function mouthed(word) {
  const visemes = [];
  [...word.toLowerCase()].forEach((letter, at) => {
    const shape = SHAPES[letter] ?? (/\p{L}|\d/u.test(letter) ? "s" : "rest");
    if (visemes.at(-1)?.shape !== shape) visemes.push({ shape, at: at * LETTER_MS });
  });
  return [...visemes, { shape: "rest", at: [...word].length * LETTER_MS }];
}

export class Speaker {
  #stage;
  #turn = 0; // a newer one ends what an older one says
  #source = null; // of the server's sound
  #audio = null;

  constructor(stage) {
    this.#stage = stage;
  }

  /** Whether there is a voice for `lang`, here or on the server. */
  can(lang) {
    return Boolean(voiceFor(lang)) || this.#server;
  }

  /** Say `text` to its end, or until `quiet` or another `say`. */
  async say(text, lang) {
    this.quiet();
    const turn = this.#turn;
    for (const sentence of sentences(text)) {
      if (turn !== this.#turn) return;
      // A voice list may come late; without one the browser still says something in its own language.
      if (voiceFor(lang) || !this.#server) await this.#byBrowser(sentence, lang, turn);
      else await this.#byServer(sentence, lang, turn);
    }
  }

  quiet() {
    this.#turn += 1;
    globalThis.speechSynthesis?.cancel();
    this.#source?.stop();
    this.#source = null;
    this.#stage.mouth(null);
  }

  get #server() {
    return Boolean(this.#stage.settings?.()?.voice?.speech);
  }

  #byBrowser(sentence, lang, turn) {
    return new Promise((done) => {
      const words = Object.assign(new SpeechSynthesisUtterance(sentence), { lang: TAGS[lang] });
      const voice = voiceFor(lang);
      if (voice) words.voice = voice;
      const mine = (act) => () => turn === this.#turn && act();
      words.onstart = mine(() => this.#stage.mouth([]));
      words.onboundary = ({ charIndex, name }) => {
        if (turn !== this.#turn || (name && name !== "word")) return;
        this.#stage.mouth(mouthed(/^\S*/.exec(sentence.slice(charIndex))[0]));
      };
      words.onend = words.onerror = () => {
        if (turn === this.#turn) this.#stage.mouth(null);
        done();
      };
      speechSynthesis.speak(words);
    });
  }

  /** Through WebAudio, because a page's rules for media may allow no sound of ours. */
  async #byServer(sentence, lang, turn) {
    try {
      const { audio, visemes } = await this.#stage.post("speech", { text: sentence, lang });
      this.#audio ??= new AudioContext();
      const sound = await this.#audio.decodeAudioData(bytes(audio).buffer);
      if (turn !== this.#turn) return;
      await new Promise((done) => {
        this.#source = Object.assign(this.#audio.createBufferSource(), { buffer: sound, onended: done });
        this.#source.connect(this.#audio.destination);
        this.#source.start();
        this.#stage.mouth(visemes);
      });
      if (turn === this.#turn) this.#stage.mouth(null);
    } catch (error) {
      console.warn(error);
    }
  }
}

function bytes(base64) {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}
