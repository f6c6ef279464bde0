// A meeting of the grid is dragged to another time. Picking by click and by key works without this.
(() => {
  const grid = document.querySelector(".grid[data-editable]");
  if (!grid) return;
  const said = document.getElementById("dragged");
  const rows = () => [...grid.querySelectorAll("tr[data-slot]")];
  const when = (row) => row.querySelector("th.when");
  let dragged = null;

  // The page of a picked meeting says where it could be: its first column is shown while one drags.
  const light = async (seat) => {
    const before = rows().map((row) => [row, row.className, when(row).innerHTML]);
    const back = () => before.forEach(([row, name, inside]) => {
      row.className = name;
      when(row).innerHTML = inside;
    });
    const mine = { seat, back, over: null };
    dragged = mine;
    grid.classList.add("dragging");
    const address = new URL(seat.href);
    const answer = await fetch(address.pathname + address.search, { credentials: "same-origin" });
    if (!answer.ok || dragged !== mine) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (dragged !== mine) return;
    for (const row of rows()) {
      const found = page.querySelector(`tr[data-slot="${row.dataset.slot}"]`);
      if (!found) continue;
      row.className = found.className;
      when(row).replaceChildren(...[...when(found).childNodes].map((node) => document.importNode(node, true)));
      // Where somebody changed the version meanwhile, the server says so: it is asked with what stands here.
      const seen = row.querySelector("input[name=seen]");
      if (seen && grid.dataset.seen) seen.value = grid.dataset.seen;
    }
    mine.lit = true;
  };

  const end = () => {
    dragged?.over?.classList.remove("over");
    dragged?.back();
    dragged = null;
    grid.classList.remove("dragging");
  };

  for (const seat of document.querySelectorAll(".seat")) seat.draggable = true;
  document.addEventListener("dragstart", (event) => {
    const seat = event.target.closest?.(".seat");
    if (!seat) return;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", seat.textContent.trim());
    light(seat).catch(end);
  });
  document.addEventListener("dragend", () => dragged && end());

  grid.addEventListener("dragover", (event) => {
    if (!dragged?.lit) return;
    const row = event.target.closest("tr[data-slot]");
    if (row !== dragged.over) {
      dragged.over?.classList.remove("over");
      dragged.over = row;
      row?.classList.add("over");
      if (row) said.textContent = when(row).textContent.trim().replace(/\s+/g, " ");
    }
    if (!row?.classList.contains("free")) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "move";
  });
  grid.addEventListener("drop", (event) => {
    const row = event.target.closest("tr[data-slot].free");
    const button = row && when(row).querySelector("button[name=to]");
    if (!dragged?.lit || !button) return;
    event.preventDefault();
    dragged = null; // what is lit stays until the answer comes
    button.form.requestSubmit(button);
  });
})();
