// Sliders and live amounts of the pricing page's calculators. The form works without this module; the server computes every amount.
const form = document.getElementById("calculate");
const parts = ["bills", "gain"];
const pause = 250;
let timer, running;

const address = () => {
  const url = new URL(form.action);
  url.search = new URLSearchParams(new FormData(form));
  return url;
};

async function update() {
  running?.abort();
  running = new AbortController();
  try {
    const answer = await fetch(address(), { signal: running.signal });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const id of parts) {
      document.getElementById(id)?.replaceChildren(...(page.getElementById(id)?.childNodes ?? []));
    }
  } catch {
    // Offline, or a newer change has replaced this one. The button asks again.
  }
}

const later = () => {
  clearTimeout(timer);
  timer = setTimeout(update, pause);
};

for (const input of document.querySelectorAll("input[data-most]")) {
  const slider = document.createElement("input");
  slider.type = "range";
  slider.max = input.dataset.most;
  slider.step = input.dataset.step;
  slider.setAttribute("aria-label", input.labels[0].textContent.trim());
  const follow = () => { slider.value = Number(input.value.replaceAll(",", "")) || 0; };
  slider.addEventListener("input", () => { input.value = slider.value; later(); });
  input.addEventListener("input", follow);
  follow();
  input.after(slider);
}

form?.addEventListener("input", later);
for (const input of document.querySelectorAll("input[form=calculate]:not([type=radio])")) input.addEventListener("input", later);
