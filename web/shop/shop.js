/** The demo shop's few moves: tell and ask the assistant, count the cart, and narrow the list of products. */

const { page } = document.body.dataset;
const items = [...document.querySelectorAll(".item")];
const search = document.querySelector("#cari");
const result = document.querySelector("#hasil");
const products = [...document.querySelectorAll(".product")];

for (const button of document.querySelectorAll("[data-ask]")) {
  button.addEventListener("click", () => window.Sapa?.open(button.dataset.ask));
}

for (const button of document.querySelectorAll("[data-category][type=button]")) {
  button.addEventListener("click", () => {
    search.value = button.dataset.category;
    narrow();
    document.querySelector("#produk").scrollIntoView();
  });
}

for (const item of items) item.addEventListener("change", count);
// The chat's loader is asynchronous: on "load" it is there, or will never be.
if (document.readyState === "complete") tell();
else addEventListener("load", tell);
if (items.length) count();

search?.addEventListener("input", narrow);
search?.form.addEventListener("submit", (event) => {
  event.preventDefault();
  document.querySelector("#produk").scrollIntoView();
});

function narrow() {
  const wanted = search.value.trim().toLowerCase();
  const fitting = products.filter((product) => product.textContent.toLowerCase().includes(wanted));
  for (const product of products) product.hidden = !fitting.includes(product);
  result.textContent = wanted ? result.dataset[fitting.length ? "found" : "none"].replace("{count}", fitting.length) : "";
}

function total() {
  return items.reduce((sum, item) => sum + item.dataset.price * item.querySelector("select").value, 0);
}

function count() {
  document.querySelector("#total").textContent = `Rp${total().toLocaleString("id-ID")}`;
}

function tell() {
  window.Sapa?.page(items.length ? { kind: page, total_idr: total() } : { kind: page });
}
