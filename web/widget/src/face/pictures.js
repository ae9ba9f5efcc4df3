/** A site's own set of pictures instead of the drawn face; a mood without one shows the neutral picture. */

export function createPictures(pictures) {
  const element = Object.assign(document.createElement("img"), { className: "face face-picture", alt: "" });
  element.setAttribute("aria-hidden", "true");
  const show = (mood) => {
    const known = pictures[mood] ? mood : "neutral";
    element.dataset.mood = known;
    if (element.getAttribute("src") !== pictures[known]) element.src = pictures[known];
  };
  // One that cannot be loaded is not asked for again; the neutral one stands in for it.
  element.addEventListener("error", () => {
    const { mood } = element.dataset;
    if (mood === "neutral") return;
    pictures = { ...pictures, [mood]: pictures.neutral };
    show(mood);
  });
  show("neutral");
  return { element, setMood: show, speak() {}, stop() {} };
}
