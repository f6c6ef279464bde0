/* Where is a company at a time? Answered from the tables of this file, with the network off. */
(() => {
  const form = document.getElementById("ask");
  const day = document.getElementById("ask-day");
  const time = document.getElementById("ask-time");
  const name = document.getElementById("ask-name");
  const found = document.getElementById("found");
  const words = form.dataset;
  const MOST = 25;

  const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const pad = (number) => String(number).padStart(2, "0");

  const companies = [...document.querySelectorAll("[data-company]")].map((section) => ({
    title: section.querySelector("h3").textContent.trim(),
    known: fold(section.querySelector("h3").textContent),
    link: section.id,
    rows: [...section.querySelectorAll("tr[data-day]")].map((row) => ({
      day: row.dataset.day,
      first: row.dataset.first,
      last: row.dataset.last > row.dataset.first ? row.dataset.last : "24:00",
      // The hours without their day, the place, the others.
      said: [row.cells[0].firstChild, row.cells[1], row.cells[2]]
        .map((part) => part.textContent.trim().replace(/\s+/g, " ")).join(" · "),
    })),
  }));

  const typed = () => {
    // "asahi 11:20": a time among the words is the time that is asked for.
    const within = name.value.match(/(?:^|\s)(\d{1,2})[:.](\d{2})(?=\s|$)/);
    const at = within ? `${pad(within[1])}:${within[2]}` : time.value;
    const rest = within ? name.value.replace(within[0], " ") : name.value;
    return { at, words: fold(rest).split(/\s+/).filter(Boolean) };
  };

  const add = (parent, tag, text) => {
    const made = document.createElement(tag);
    made.textContent = text;
    parent.append(made);
    return made;
  };

  const answer = () => {
    const asked = typed();
    found.replaceChildren();
    if (!asked.words.length) return;
    const fits = companies.filter((one) => asked.words.every((word) => one.known.includes(word)));
    if (!fits.length) add(found, "li", words.nobody);
    for (const one of fits.slice(0, MOST)) {
      const item = add(found, "li", "");
      add(add(item, "b", ""), "a", one.title).href = `#${one.link}`;
      const today = one.rows.filter((row) => row.day === day.value);
      const now = today.filter((row) => row.first <= asked.at && asked.at < row.last);
      for (const row of now) add(item, "strong", row.said);
      if (!now.length) add(item, "strong", words.free.replace("%s", asked.at));
      const next = today.find((row) => row.first > asked.at);
      if (next) add(item, "span", `${words.next} ${next.said}`);
    }
    if (fits.length > MOST) add(found, "li", words.more);
  };

  // The clock of this machine is believed as far as it names a day and a time of the event.
  const here = new Date();
  const date = [here.getFullYear(), pad(here.getMonth() + 1), pad(here.getDate())].join("-");
  if ([...day.options].some((one) => one.value === date)) {
    day.value = date;
    time.value = `${pad(here.getHours())}:${pad(here.getMinutes())}`;
  }
  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", answer);
  name.focus();
})();
