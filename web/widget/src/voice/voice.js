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
 * - `settings()`: the site's, `voice` in them is what the server can; `sendFile(file)`: send a recording,
 * - `compose(text)`: put words into the input; `send(text)`: send them,
 * - `pressed({listening, speaking})`: how the two buttons look,
 * - `note(text | null)`: a line above the input; `announce(text)`: for readers only,
 * - `mood(mood | null)`: the face while we listen; null gives it back to the last message; `mouth(visemes | null)`.
 */

import en from "./en.json";
import id from "./id.json";
import { Listener } from "./listener.js";
import { Speaker } from "./speaker.js";
import { isPrivate } from "./spoken.js";

const WORDS = { id, en };

export function mountVoice(stage) {
  const t = (key) => WORDS[stage.lang()]?.[key] ?? id[key];
  const speaker = new Speaker(stage);
  let speaking = false;
  let withheld = null; // a message that is not read aloud before the customer asks

  const pressed = () => stage.pressed({ listening: listener.busy, speaking });
  const listener = new Listener(stage, t, {
    begin() {
      speaker.quiet();
      stage.mood("listening");
      pressed();
    },
    end() {
      stage.mood(null);
      pressed();
    },
    read() {
      if (withheld) speaker.say(withheld.text, withheld.lang);
      withheld = null;
    },
  });

  return {
    listen() {
      return listener.press();
    },
    speakUp(on) {
      speaking = on;
      if (!on) speaker.quiet();
      else if (!speaker.can(stage.lang())) voicesMayCome(() => speaking && !speaker.can(stage.lang()) && stage.note(t("noVoice")));
      pressed();
    },
    message(message) {
      if (!speaking || !message.text) return;
      withheld = isPrivate(message) ? message : null;
      if (withheld) speaker.say(t("screen"), stage.lang());
      else speaker.say(message.text, message.lang === "en" ? "en" : "id");
    },
    interrupt: () => speaker.quiet(),
    stop() {
      speaker.quiet();
      listener.abort();
    },
  };
}

/** Browsers list their voices late; what is not there after a moment does not come. */
function voicesMayCome(then) {
  setTimeout(then, 1_500);
}
