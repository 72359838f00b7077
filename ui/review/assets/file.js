// The review in a file of its own: maps, the walk through contested places, and the units behind a figure.
(function () {
  const data = JSON.parse(document.getElementById("data").textContent);
  const bytes = Uint8Array.from(atob(data.ground_bytes), (letter) => letter.charCodeAt(0));
  const list = document.getElementById("list"), where = document.getElementById("where"), { words } = data;
  const pair = new Pair(document.querySelector(".hp-pair"), (id) => show([pair.ground.number.get(id)], id));
  let at = -1;
  pair.update(data, bytes);
  window.pair = pair;

  function show(units, title) {
    const head = document.createElement("p"), close = document.createElement("button");
    head.textContent = title;
    close.textContent = words.close;
    close.type = "button";
    close.addEventListener("click", () => list.replaceChildren());
    head.append(" ", close);
    list.replaceChildren(head, ...(units.length ? [pair.table(units, true)] : [document.createTextNode(words.none)]));
  }

  function go(step) {
    at = Math.max(0, Math.min(data.places.length - 1, at + step));
    const units = data.lists[data.places[at]];
    where.textContent = where.dataset.said.replace("{k}", at + 1).replace("{n}", data.places.length);
    pair.look({ place: at, units });
    show(units, where.textContent);
    buttons();
  }

  function buttons() {
    document.getElementById("back").disabled = at < 1;
    document.getElementById("next").disabled = at >= data.places.length - 1;
  }

  document.getElementById("back").addEventListener("click", () => go(-1));
  document.getElementById("next").addEventListener("click", () => go(1));
  document.querySelectorAll("button.figure").forEach((button) => button.addEventListener("click", () => {
    const row = button.closest("tr"), title = row ? row.cells[0].textContent : "";
    show(data.lists[button.dataset.list], [title, button.textContent].filter(Boolean).join(" · "));
    list.scrollIntoView();
  }));
  // On paper nothing can be unfolded.
  const folded = () => document.querySelectorAll("details");
  window.addEventListener("beforeprint", () => folded().forEach((each) => { each.was = each.open; each.open = true; }));
  window.addEventListener("afterprint", () => folded().forEach((each) => { each.open = each.was; }));
  buttons();
})();
