/** The microphone and the loudspeaker; what does the work (voice/voice.js) is fetched at the first press. */

import { part } from "./parts.js";

export const canListen = "SpeechRecognition" in globalThis || "webkitSpeechRecognition" in globalThis || "MediaRecorder" in globalThis;
export const canSpeak = "speechSynthesis" in globalThis;

export class Speech {
  #stage;
  #voice = null;
  #waking = null;
  #listening = false; // pressed before the part was there

  /** `stage` is what voice.js may do to the chat. */
  constructor(stage) {
    this.#stage = stage;
  }

  /** Replies are read aloud in this visit if they were in the last. */
  restore() {
    if (canSpeak && this.#stage.store.get("speak")) this.speakUp(true);
  }

  /** A press while the part is still fetched is the same press: it cannot be the yes to a notice that nobody has seen. */
  listen() {
    if (this.#listening) return;
    this.#listening = !this.#voice;
    return this.#with((voice) => voice.listen()).finally(() => (this.#listening = false));
  }

  speakUp(on) {
    this.#stage.store.set("speak", on);
    return this.#with((voice) => voice.speakUp(on));
  }

  get speaksUp() {
    return Boolean(this.#stage.store.get("speak"));
  }

  message(message) {
    this.#voice?.message(message);
  }

  interrupt() {
    this.#voice?.interrupt();
  }

  stop() {
    this.#voice?.stop();
  }

  async #with(act) {
    this.#waking ??= part("voice").then(({ mountVoice }) => mountVoice(this.#stage));
    try {
      this.#voice = await this.#waking;
      act(this.#voice);
    } catch (error) {
      this.#waking = null;
      console.error(error);
      this.#stage.failed();
    }
  }
}
