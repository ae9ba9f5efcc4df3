/** The demo shop's few moves: ask the assistant about something, and narrow the list of products. */

const chat = document.querySelector("sapa-chat");
const search = document.querySelector("#cari");
const result = document.querySelector("#hasil");
const products = [...document.querySelectorAll(".product")];

for (const button of document.querySelectorAll("[data-ask]")) {
  button.addEventListener("click", () => chat.open(button.dataset.ask));
}

for (const button of document.querySelectorAll("[data-category][type=button]")) {
  button.addEventListener("click", () => {
    search.value = button.dataset.category;
    narrow();
    document.querySelector("#produk").scrollIntoView();
  });
}

search.addEventListener("input", narrow);
search.form.addEventListener("submit", (event) => {
  event.preventDefault();
  document.querySelector("#produk").scrollIntoView();
});

function narrow() {
  const wanted = search.value.trim().toLowerCase();
  const fitting = products.filter((product) => product.textContent.toLowerCase().includes(wanted));
  for (const product of products) product.hidden = !fitting.includes(product);
  result.textContent = wanted ? result.dataset[fitting.length ? "found" : "none"].replace("{count}", fitting.length) : "";
}
