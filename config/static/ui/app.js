// All the JavaScript we own. Every page works without it.
document.documentElement.classList.add("js");

// Tabs that are one row on a phone: the one of this page is in sight.
for (const row of document.querySelectorAll(".desk")) {
  const here = row.querySelector("[aria-current]");
  if (here) row.scrollLeft = here.offsetLeft - (row.clientWidth - here.offsetWidth) / 2;
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
