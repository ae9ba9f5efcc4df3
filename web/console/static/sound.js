// A soft two-note ring for somebody new in the queue; off until asked for.
const KEY = "sapa-sound";
let context = null;
const wanted = () => localStorage.getItem(KEY) === "on";

export function ring() {
  if (!wanted()) return;
  context ??= new AudioContext();
  for (const [place, pitch] of [660, 880].entries()) {
    const tone = context.createOscillator();
    const volume = context.createGain();
    const start = context.currentTime + place * 0.16;
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0.0001, start);
    volume.gain.exponentialRampToValueAtTime(0.08, start + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.0001, start + 0.3);
    tone.connect(volume).connect(context.destination);
    tone.start(start);
    tone.stop(start + 0.32);
  }
}

export function startSound() {
  const button = document.getElementById("sound");
  if (!button) return;
  const show = () => button.setAttribute("aria-pressed", String(wanted()));
  button.addEventListener("click", () => {
    localStorage.setItem(KEY, wanted() ? "off" : "on");
    show();
    ring();
  });
  show();
}
