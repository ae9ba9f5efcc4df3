/**
 * The assistant's face: a part of its own, fetched once the chat is open.
 *
 * What the chat relies on: `styles` is CSS for its shadow root, and `createFace({pictures})` gives
 * - `element`, to be put wherever a face is shown; it fills its parent and carries no name for readers,
 * - `setMood(mood)`: neutral, happy, thinking, sorry, surprised or listening; an unknown one counts as neutral,
 * - `speak(visemes | null)`: mouth shapes as `[{shape, at}]`, `at` in ms from now; an empty list moves the mouth
 *   freely until null comes,
 * - `stop()`: no timer and no listener is left.
 * `pictures` is a site's own set, mood -> address of a picture, or null.
 */

import { portrait } from "../portrait.js";

export const styles = "";

export function createFace() {
  const element = portrait();
  return {
    element,
    setMood(mood) {
      element.dataset.mood = mood;
    },
    speak() {},
    stop() {},
  };
}
