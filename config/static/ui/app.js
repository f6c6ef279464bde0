// All the JavaScript we own. Every page works without it.
document.documentElement.classList.add("js");

// Tabs that are one row on a phone: the one of this page is in sight.
for (const row of document.querySelectorAll(".desk")) {
  const here = row.querySelector("[aria-current]");
  if (here) row.scrollLeft = here.offsetLeft - (row.clientWidth - here.offsetWidth) / 2;
}

// Where the reader's clock stands, for who has not said it: proposed on a form, chosen by sending it.
for (const field of document.querySelectorAll("[data-own-zone]")) {
  const before = field.value;
  field.value = Intl.DateTimeFormat().resolvedOptions().timeZone ?? before;
  if (!field.value) field.value = before; // a list without it
}

// Say what changed, for people who cannot see the swap.
document.addEventListener("htmx:afterSettle", (event) => {
  const settled = event.detail.elt;
  const said = settled.matches?.("[data-say]") ? settled : settled.querySelector?.("[data-say]");
  const live = document.getElementById("live");
  if (said && live) live.textContent = said.dataset.say;
});

// A failed request is never silent; the next one clears the message.
const failed = () => document.getElementById("failed");
for (const name of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
  document.addEventListener(name, () => failed()?.removeAttribute("hidden"));
}
document.addEventListener("htmx:beforeRequest", () => failed()?.setAttribute("hidden", ""));

// A swap takes an open sheet away with its trigger, so the browser cannot give focus back itself.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (!event.detail.shouldSwap) return;
  for (const sheet of event.detail.target.querySelectorAll?.(":popover-open") ?? []) sheet.hidePopover();
});

// A long list of boxes is narrowed by a word.
const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().trim();
for (const list of document.querySelectorAll("[data-narrowed]")) {
  const input = list.querySelector("[type=search]");
  if (!input) continue;
  const status = list.querySelector("[role=status]");
  const groups = [...list.querySelectorAll("details")];
  const labels = new Map([...list.querySelectorAll("details label")].map((one) => [one, plain(one.textContent)]));
  const narrow = () => {
    const word = plain(input.value);
    let found = 0;
    for (const [label, text] of labels) found += !(label.hidden = !text.includes(word));
    for (const group of groups) {
      group.hidden = !group.querySelector("label:not([hidden])");
      group.open = Boolean(word) && !group.hidden;
    }
    status.textContent = !word ? "" : found ? `${status.dataset.found} ${found}` : status.dataset.none;
  };
  input.closest(".search").hidden = false;
  input.addEventListener("input", narrow);
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault(); // the form is not to be sent by a word of a list
    if (input.value) list.querySelector("details label:not([hidden]) input")?.focus();
  });
}
