// A meeting of the grid is dragged to another time. Picking by click and by key works without this.
(() => {
  const grid = document.querySelector(".grid[data-editable]");
  if (!grid) return;
  const said = document.getElementById("dragged");
  const rows = () => [...grid.querySelectorAll("tr[data-slot]")];
  const when = (row) => row.querySelector("th.when");
  let dragged = null;
  let [finger, held, scrolling] = [null, null, null]; // where it is, and what waits for it

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

  // Where the pointer is: a time of this day, or the name of another day.
  const hover = (element) => {
    const found = element?.closest(".grid tr[data-slot], .days a:not([aria-current])") ?? null;
    if (found === dragged.over) return found;
    dragged.over?.classList.remove("over");
    dragged.over = found;
    found?.classList.add("over");
    if (found) said.textContent = (found.matches("a") ? found : when(found)).textContent.trim().replace(/\s+/g, " ");
    return found;
  };

  // Whether it was dropped where it can be. On another day it is picked there, with that day's free times.
  const drop = (over) => {
    if (over?.matches("a")) {
      const day = new URL(over.href);
      day.searchParams.set("pick", dragged.seat.dataset.meeting);
      day.hash = "picked";
      end();
      location.assign(day);
      return true;
    }
    const button = over?.matches(".free") && when(over).querySelector("button[name=to]");
    if (!dragged.lit || !button) return false;
    over.classList.remove("over");
    dragged = null; // what is lit stays until the answer comes
    button.form.requestSubmit(button);
    return true;
  };

  for (const seat of document.querySelectorAll(".seat")) seat.draggable = true;
  document.addEventListener("dragstart", (event) => {
    const seat = event.target.closest?.(".seat");
    if (!seat) return;
    if (finger) return event.preventDefault(); // Android would drag a picture of the link
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", seat.textContent.trim());
    light(seat).catch(end);
  });
  document.addEventListener("dragend", () => dragged && end());
  document.addEventListener("dragover", (event) => {
    if (!dragged) return;
    const over = hover(event.target);
    if (!over?.matches(dragged.lit ? "a, .free" : "a")) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "move";
  });
  document.addEventListener("drop", (event) => {
    if (dragged && drop(hover(event.target))) event.preventDefault();
  });

  // A finger holds a meeting for a moment to lift it; before that it scrolls, and a tap picks.
  const HOLD = 400; // milliseconds
  const EDGE = 60; // pixels from the end of the window in which it scrolls along
  const stop = () => {
    clearTimeout(held);
    clearInterval(scrolling);
    held = scrolling = finger = null;
  };
  const along = () => {
    if (!finger || !dragged) return;
    const step = finger.y < EDGE ? -12 : finger.y > innerHeight - EDGE ? 12 : 0;
    if (step) scrollBy(0, step);
    hover(document.elementFromPoint(finger.x, finger.y));
  };
  document.addEventListener("touchstart", (event) => {
    const seat = event.target.closest?.(".seat");
    stop();
    if (dragged) end();
    if (!seat || event.touches.length > 1) return;
    const [touch] = event.touches;
    finger = { x: touch.clientX, y: touch.clientY };
    held = setTimeout(() => {
      held = null;
      light(seat).catch(end);
      scrolling = setInterval(along, 30);
    }, HOLD);
  }, { passive: true });
  document.addEventListener("touchmove", (event) => {
    if (!finger) return;
    const [touch] = event.touches;
    if (held) {
      if (Math.hypot(touch.clientX - finger.x, touch.clientY - finger.y) > 10) stop();
      return;
    }
    event.preventDefault();
    finger = { x: touch.clientX, y: touch.clientY };
    along();
  }, { passive: false });
  document.addEventListener("touchend", (event) => {
    const lifted = finger && !held && dragged;
    const over = lifted ? hover(document.elementFromPoint(finger.x, finger.y)) : null;
    stop();
    if (!lifted) return;
    event.preventDefault(); // no click on what was held
    if (!drop(over)) end();
  }, { passive: false });
  document.addEventListener("touchcancel", () => {
    stop();
    if (dragged) end();
  });
  document.addEventListener("contextmenu", (event) => {
    if (finger && event.target.closest?.(".seat")) event.preventDefault();
  });
})();
