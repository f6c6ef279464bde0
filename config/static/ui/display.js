// The screen is drawn anew without leaving the page: where no answer comes it keeps what it shows and says how old that is.
(() => {
  const wait = Number(document.documentElement.dataset.seconds) * 1000;
  let since = Date.now();

  const tell = () => {
    const told = document.getElementById("as-of");
    const seconds = Math.round((Date.now() - since) / 1000);
    const stale = seconds > (wait / 1000) * 2;
    told.classList.toggle("stale", stale);
    told.textContent = (stale ? told.dataset.stale : told.dataset.age).replace("{n}", seconds);
  };

  const draw = async () => {
    const answer = await fetch(location.href, { cache: "no-store", signal: AbortSignal.timeout(wait / 2) });
    if (answer.status === 404) {
      // Closed at the desk: it shows nothing more. Should a proxy have said so by mistake, the next answer mends it.
      const main = document.querySelector("main");
      main.replaceChildren(document.createElement("p"));
      main.firstChild.className = "nothing";
      main.firstChild.textContent = main.dataset.closed;
      return;
    }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!answer.ok || !page.querySelector("main[data-closed]")) return; // an error page of whoever stands between
    document.documentElement.lang = page.documentElement.lang;
    document.title = page.title;
    document.body.replaceChildren(...[...page.body.childNodes].map((node) => document.importNode(node, true)));
    since = Date.now();
    tell();
  };

  tell();
  setInterval(tell, 1000);
  setInterval(() => draw().catch(() => {}), wait);
})();
