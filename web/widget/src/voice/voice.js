/**
 * Speaking and listening: a part of its own, fetched when the customer first asks for it.
 *
 * The chat calls `mountVoice(stage)` and shows a microphone and a loudspeaker where `canListen` and `canSpeak` (of
 * ../speech.js) say so. It gives
 * - `listen()`: start dictating, or stop if it is under way,
 * - `speakUp(on)`: read replies aloud from now on, or no more,
 * - `message(message)`: a reply arrived, as every client sees it,
 * - `interrupt()`: the customer types or talks, so be quiet,
 * - `stop()`: the chat goes away.
 * `stage` is what it may do to the chat:
 * - `lang()`: "id" or "en"; `store.get(name)`, `store.set(name, value)`: what is remembered,
 * - `post(path, body)`: our web API with the visitor's token,
 * - `compose(text)`: put words into the input; `send(text)`: send them,
 * - `pressed({listening, speaking})`: how the two buttons look,
 * - `note(text | null)`: a line above the input; `announce(text)`: for readers only,
 * - `mood(mood | null)`: the face while we listen; null gives it back to the last message; `mouth(visemes | null)`.
 */

export function mountVoice(stage) {
  const Recognition = globalThis.SpeechRecognition ?? globalThis.webkitSpeechRecognition;
  let recognition = null;
  let speaking = false;

  const quiet = () => {
    speechSynthesis.cancel();
    stage.mouth(null);
  };
  const ended = () => {
    recognition = null;
    stage.mood(null);
    stage.pressed({ listening: false, speaking });
  };
  return {
    listen() {
      if (recognition) return recognition.stop();
      quiet();
      recognition = Object.assign(new Recognition(), { lang: stage.lang() === "id" ? "id-ID" : "en-GB", interimResults: true });
      recognition.onresult = ({ results }) => stage.compose([...results].map(([best]) => best.transcript).join(""));
      recognition.onend = ended;
      recognition.start();
      stage.mood("listening");
      stage.pressed({ listening: true, speaking });
    },
    speakUp(on) {
      speaking = on;
      if (!on) quiet();
      stage.pressed({ listening: recognition !== null, speaking });
    },
    message({ text, lang }) {
      if (!speaking) return;
      const words = Object.assign(new SpeechSynthesisUtterance(text), { lang: lang === "en" ? "en-GB" : "id-ID" });
      words.onstart = () => stage.mouth([]);
      words.onend = () => stage.mouth(null);
      speechSynthesis.speak(words);
    },
    interrupt: quiet,
    stop() {
      quiet();
      recognition?.abort();
    },
  };
}
