// The desk says how old it is, and keeps what it shows when an answer fails. It works without this.
(() => {
  let since = Date.now();

  const tell = () => {
    const told = document.getElementById("as-of");
    if (!told) return;
    told.dataset.said ??= told.textContent;
    const seconds = Math.round((Date.now() - since) / 1000);
    const stale = seconds > 45;
    told.classList.toggle("stale", stale);
    if (stale) told.textContent = told.dataset.stale.replace("{n}", seconds);
    else if (seconds > 1) told.textContent = `${told.dataset.said} · ${told.dataset.age.replace("{n}", seconds)}`;
  };
  setInterval(tell, 1000);

  // A sign-in page or an error is no desk: keep the one that is there, and do not go to the other.
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    if (event.detail.xhr.responseText.includes('id="desk"')) since = Date.now();
    else event.preventDefault();
  });
})();
