/**
 * The assistant's face: a part of its own, fetched once the chat is open.
 *
 * What the chat relies on: `styles` is CSS for its shadow root, and `createFace({pictures})` gives
 * - `element`, to be put wherever a face is shown; it fills its parent and carries no name for readers,
 * - `setMood(mood)`: neutral, happy, thinking, sorry, surprised or listening; an unknown one counts as neutral,
 * - `speak(visemes | null)`: mouth shapes (see SHAPES in drawing.js) as `[{shape, at}]`, `at` in ms from now; an empty
 *   list moves the mouth freely until null comes,
 * - `stop()`: no timer and no listener is left.
 * `pictures` is a site's own set, mood -> address of a picture, or null.
 *
 * Nothing runs while nothing moves: frames are asked for only on the way to a pose, and none at all for who wants
 * less motion, whose face changes its mood at once and keeps its mouth shut.
 */

import { s } from "../dom.js";
import { MOODS, SHAPES, drawing, posed } from "./drawing.js";
import { createPictures } from "./pictures.js";

export const styles = ".face-picture{display:block;width:100%;height:100%;object-fit:cover;border-radius:50%}";

const EASE_MS = 90; // in which two thirds of a way are gone
const MOUTH_MS = 38; // a mouth is faster than a mood
const BLINK_MS = 130;
const BLINK_EVERY_MS = [2400, 6200];
const SWAY_EVERY_MS = [5000, 11_000];
const SYLLABLE_MS = [90, 190]; // of speech whose sounds we do not know
const BABBLE = ["a", "e", "m", "o", "s", "a", "l", "u", "e", "m"];
const MOUTH = ["w", "c", "o"];

const between = ([least, most]) => least + Math.random() * (most - least);

export function createFace({ pictures = null } = {}) {
  if (pictures?.neutral) return createPictures(pictures);
  return new Living();
}

class Living {
  #mood = MOODS.neutral;
  #now = { ...MOODS.neutral };
  #mouth = null; // what speech does to the mouth
  #sway = { tilt: 0, dip: 0, lookX: 0 };
  #blinkUntil = 0;
  #frame = 0;
  #last = 0;
  #timers = new Set();
  #speech = 0; // timer of the next mouth shape
  #still = matchMedia("(prefers-reduced-motion: reduce)");
  #parts;

  constructor() {
    this.element = drawing(s, this.#now, { class: "face", "data-mood": "neutral", "aria-hidden": "true", focusable: "false" });
    this.#parts = Object.fromEntries([...this.element.querySelectorAll("[data-part]")].map((node) => [node.dataset.part, node]));
    this.calm = () => this.#begin();
    this.#still.addEventListener("change", this.calm);
    this.#begin();
  }

  setMood(mood) {
    const known = mood in MOODS ? mood : "neutral";
    this.element.dataset.mood = known;
    this.#mood = MOODS[known];
    this.#move();
  }

  speak(visemes) {
    clearTimeout(this.#speech);
    this.#shape(null);
    if (visemes === null || this.#still.matches) return;
    if (visemes.length) this.#follow(visemes, performance.now(), 0);
    else this.#babble(0);
  }

  stop() {
    this.#still.removeEventListener("change", this.calm);
    this.#rest();
  }

  /** Start the small motions of somebody who is there, or end them all. */
  #begin() {
    this.#rest();
    if (this.#still.matches) return this.#move();
    this.#again(BLINK_EVERY_MS, () => this.#blink());
    this.#again(SWAY_EVERY_MS, () => this.#swayOnce());
  }

  #rest() {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    clearTimeout(this.#speech);
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.#mouth = null;
    this.#sway = { tilt: 0, dip: 0, lookX: 0 };
    this.#blinkUntil = 0;
  }

  #again(pause, act) {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      if (!document.hidden && this.element.isConnected) act();
      this.#again(pause, act);
    }, between(pause));
    this.#timers.add(timer);
  }

  #blink() {
    this.#blinkUntil = performance.now() + BLINK_MS;
    this.#move();
  }

  #swayOnce() {
    this.#sway = { tilt: between([-1.6, 1.6]), dip: between([-0.6, 0.8]), lookX: between([-1.2, 1.2]) };
    this.#move();
  }

  /** Show each shape at its time; late ones are skipped, so that the mouth keeps up with the sound. */
  #follow(visemes, began, at) {
    const elapsed = performance.now() - began;
    while (at + 1 < visemes.length && visemes[at + 1].at <= elapsed) at += 1;
    this.#shape(SHAPES[visemes[at].shape] ?? null);
    if (at + 1 === visemes.length) return;
    this.#speech = setTimeout(() => this.#follow(visemes, began, at + 1), visemes[at + 1].at - elapsed);
  }

  #babble(at) {
    this.#shape(SHAPES[BABBLE[at % BABBLE.length]]);
    this.#speech = setTimeout(() => this.#babble(at + 1 + Math.floor(Math.random() * 3)), between(SYLLABLE_MS));
  }

  #shape(shape) {
    this.#mouth = shape;
    this.#move();
  }

  #move() {
    if (this.#still.matches) {
      this.#now = { ...this.#mood };
      this.#draw();
    } else if (!this.#frame) {
      this.#last = performance.now();
      this.#frame = requestAnimationFrame((time) => this.#step(time));
    }
  }

  #step(time) {
    const passed = Math.min(Math.max(time - this.#last, 1), 60);
    this.#last = time;
    const goal = this.#goal(time);
    let moving = this.#blinkUntil > time;
    for (const [name, wanted] of Object.entries(goal)) {
      const pace = name === "eye" ? 22 : MOUTH.includes(name) && this.#mouth ? MOUTH_MS : EASE_MS;
      const way = wanted - this.#now[name];
      const near = Math.abs(way) < 0.01 || name === "extra";
      this.#now[name] = near ? wanted : this.#now[name] + way * (1 - Math.exp(-passed / pace));
      moving ||= !near;
    }
    this.#draw();
    this.#frame = moving ? requestAnimationFrame((next) => this.#step(next)) : 0;
  }

  #goal(time) {
    const goal = { ...this.#mood, ...this.#mouth };
    for (const [name, more] of Object.entries(this.#sway)) goal[name] += more;
    if (this.#blinkUntil > time) goal.eye = 0;
    return goal;
  }

  #draw() {
    for (const [name, attributes] of Object.entries(posed(this.#now)))
      for (const [key, value] of Object.entries(attributes)) this.#parts[name].setAttribute(key, value);
  }
}
