// The planning board: a map to paint catchments on. Python holds the plan; the board shows it at once and sends
// every stroke in a queue that it empties only when Python says that a stroke has been dealt with.

class Board {
  constructor(root) {
    this.root = root.querySelector(".hp-board");
    this.client = Math.random().toString(36).slice(2) + Date.now().toString(36);
    this.queue = [];
    this.last = 0;
    this.tool = "pan";
    this.size = 24;
    this.target = -1;
    this.stroke = new Map();
    this.kept = new Set();  // locked units that the last stroke met
    this.fresh = new Set();  // units that the last stroke gave a zone
    this.state = { zones: new Uint16Array(0), colours: [], locked: new Set(), cut: new Set(), moved: new Set(), marked: -1, lines: true };
  }

  update(data, send) {
    this.send = send;
    this.data = data;
    this.words = data.words;
    if (!this.map) { this._open(); }
    const bytes = window.huapianGround && window.huapianGround[data.ground];
    if (!bytes) {  // the ground comes as a part of its own and may come later
      clearTimeout(this.waiting);
      this.waiting = setTimeout(() => this.update(data, send), 30);
      return;
    }
    if (this.shown !== data.ground) { this._ground(bytes); }
    this._answered(data.ack[this.client] || 0);
    this._take(data);
    this._bar();
    this._layers();
    this._schools();
    this._labels();
    this._frame();
    this.sheet.refresh();
    this._say();
  }

  // The plan as Python has it, and on top of it the strokes that Python has not yet seen.
  _take(data) {
    const s = this.state, plan = JSON.stringify([data.on.draft, data.on.stage, data.on.year, data.ground]);
    if (plan !== this.plan) {
      this.plan = plan;
      this.fresh.clear();
    }
    s.zones = Uint16Array.from(data.zones, (zone) => (zone < 0 ? LOOSE : zone));
    s.colours = data.zone.map((zone) => zone.colour);
    s.locked = new Set(data.locked);
    s.cut = new Set(data.cut);
    s.moved = new Set(data.moved);
    for (const item of this.queue) {
      if (item.kind === "assign" && this._here(item)) { this._assign(item); }
    }
    if (this.tool !== "lock") { for (const u of this.stroke.keys()) { s.zones[u] = this._aimed(); } }
    if (this.target >= data.zone.length) { this.target = -1; }
    this._count();
  }

  _here(item) { return ["draft", "stage", "year"].every((key) => item[key] === this.data.on[key]); }

  _assign({ units, zone }) {
    const at = this.data.zone.findIndex((each) => each.id === zone);
    for (const unit of units) {
      const u = this.ground.number.get(unit);
      if (u !== undefined) { this.state.zones[u] = at < 0 ? LOOSE : at; }
    }
  }

  _aimed() { return this.target < 0 ? LOOSE : this.target; }

  _count() {
    this.load = new Array(this.data.zone.length).fill(0);
    this.loose = 0;
    this.state.zones.forEach((zone, u) => {
      if (zone === LOOSE) { this.loose += this.data.demand[u]; } else { this.load[zone] += this.data.demand[u]; }
    });
  }

  _open() {
    this.bar = L.DomUtil.create("div", "hp-board-bar", this.root);
    const box = L.DomUtil.create("div", "hp-board-map", this.root);
    this.foot = L.DomUtil.create("div", "hp-board-foot", this.root);
    this.foot.setAttribute("role", "status");
    this.key = L.DomUtil.create("div", "hp-legend hp-board-legend", this.root);
    this.key.setAttribute("aria-label", this.words.legend);
    box.tabIndex = 0;
    box.dataset.wait = this.words.wait;
    box.setAttribute("aria-label", this.words.map);
    this.map = L.map(box, {
      attributionControl: false, zoomControl: false, zoomSnap: 0.25, zoomDelta: 0.5, wheelPxPerZoomLevel: 120,
      boxZoom: false, doubleClickZoom: false, preferCanvas: true,
    });
    L.control.zoom({ position: "bottomleft" }).addTo(this.map);
    L.control.scale({ imperial: false, maxWidth: 140 }).addTo(this.map);
    this.tip = L.DomUtil.create("div", "hp-board-tip leaflet-tooltip hp-tip", box);
    this.pictures = L.layerGroup().addTo(this.map);
    this.root.addEventListener("keydown", (event) => this._key(event));
    window.addEventListener("beforeunload", (event) => { if (this.queue.length) { event.preventDefault(); } });
    this._watched();
    new ResizeObserver(() => this.map.invalidateSize({ animate: false })).observe(box);
  }

  _ground(bytes) {
    const first = !this.ground;
    this.ground = new Ground(bytes);
    this.shown = this.data.ground;
    if (this.sheet) { this.sheet.remove(); }
    this._fit(this.ground.view);
    this.sheet = new Sheet(this.ground, this.state).addTo(this.map);
    if (first) { this.pointer = new Pointer(this); }
    this._ready();
  }

  // Title with the stamp of synthetic data, north arrow and legend: markup that Python made, words as text.
  _frame() {
    const { title, stamp, north, legend } = this.data, text = JSON.stringify([title, stamp, legend]);
    if (text === this.framed) { return; }
    this.framed = text;
    for (const box of this.boxes || []) { box.remove(); }
    const head = huapian.box(this.map, "topleft", "hp-box hp-title hp-board-title", "<b></b><span class=\"hp-stamp\"></span><p></p>");
    const [name, mark, below] = head.getContainer().children;
    name.textContent = title[0];
    mark.textContent = stamp;
    mark.hidden = !stamp;
    below.textContent = title[1];
    this.boxes = [head, huapian.box(this.map, "topright", "hp-box hp-north", north)];
    this.key.innerHTML = legend;
  }

  _ready() { this.root.dataset.ready = this.shown; }

  // ---- strokes -----------------------------------------------------------------------------------------

  touch(units) {
    if (this.tool === "ask") { return this._choose(units[0]); }
    if (this.tool === "pick") { return this.aim(units[0]); }
    if (this.tool === "lock") { return units.forEach((u) => this.stroke.set(u, true)); }
    if (this.tool === "town") { units = this._town(units[0]); }
    if (this.target === -1) { return this._say(this.words.choose); }
    const aimed = this._aimed(), s = this.state;
    const changed = units.filter((u) => !s.locked.has(u) && s.zones[u] !== aimed);
    const held = units.filter((u) => s.locked.has(u));
    if (held.length) {
      held.forEach((u) => this.kept.add(u));
      this._say(this.words.held);
      this._warn();
    } else if (this.tool === "line" && !changed.length) {
      this._say(this.words.no_cut);
    }
    for (const u of changed) {
      this.stroke.set(u, s.zones[u]);
      this.fresh.add(u);
      s.zones[u] = aimed;
      s.cut.delete(u);
    }
    if (changed.length) {
      this._count();
      this.sheet.refresh(changed);
      this._bar();
    }
  }

  done() {
    const units = [...this.stroke.keys()];
    this.stroke.clear();
    if (!units.length) { return; }
    if (this.tool === "lock") {
      const free = units.filter((u) => !this.state.locked.has(u));
      return this._queue(free.length ? { kind: "lock", units: free } : { kind: "unlock", units });
    }
    this._queue({ kind: "assign", units, zone: this.target < 0 ? "" : this.data.zone[this.target].id });
  }

  // Give up the stroke under way: what it painted is as it was before.
  _giveUp() {
    this.pointer.drop();
    if (!this.stroke.size) { return; }
    this.stroke.clear();
    this.fresh.clear();
    this.kept.clear();
    this._take(this.data);
    this._bar();
    this._labels();
    this.sheet.refresh();
    this._say();
  }

  _queue(item) {
    if (item.kind !== "assign") { this.fresh.clear(); }
    this.last += 1;
    const units = (item.units || []).map((u) => this.ground.ids[u]);
    this.queue.push({ n: this.last, ...this.data.on, ...item, units });
    this._dispatch();
    this._labels();
    this._say();
  }

  _town(u) {
    const town = u === undefined ? null : this.ground.towns[u];
    return town === null ? [u] : this.ground.towns.flatMap((other, v) => (other === town ? [v] : []));
  }

  // Aim at the zone of a unit: what is painted next goes there.
  aim(u) {
    if (u === undefined || u < 0 || this.state.zones[u] === LOOSE) { return; }
    this.target = this.state.zones[u];
    if (this.tool === "pick" || this.tool === "pan") { this._use("brush"); }
    this._bar();
  }

  // Choose a unit: Python then says why it is where it is, and what else is possible.
  _choose(u) {
    this.state.marked = u;
    this.sheet.refresh();
    this.send("chosen", this.ground.ids[u]);
  }

  // ---- what is said ------------------------------------------------------------------------------------

  hover(u, event) {
    this.tip.style.display = u < 0 || this.pointer.active ? "none" : "block";
    if (u < 0 || this.pointer.active) { return; }
    const box = this.map.getContainer().getBoundingClientRect(), w = this.words;
    const zone = this.state.zones[u], zones = this.data.zone;
    const rows = [["", this.ground.names[u]], [w.school, zone === LOOSE ? w.unassigned : zones[zone].name],
      [w.entrants, `${this.data.demand[u]}${this.data.guessed.includes(u) ? ` ${w.guess}` : ""}`],
      [w.walk, zone === this.data.zones[u] ? this._walk(this.data.walks[u]) : w.saving],
      [w.state, [this.state.locked.has(u) && w.locked, this.state.cut.has(u) && w.cut, this.state.moved.has(u) && w.moved]
        .filter(Boolean).join(w.comma)]];
    this.tip.replaceChildren(this._rows(rows.filter((row) => row[1])));
    const x = event.clientX - box.left, y = event.clientY - box.top;
    this.tip.style.left = Math.min(x + 14, box.width - this.tip.offsetWidth - 4) + "px";
    this.tip.style.top = Math.min(y + 14, box.height - this.tip.offsetHeight - 4) + "px";
  }

  // Metres as people say them; below zero they are an estimate.
  _walk(signed) {
    const metres = Math.abs(signed);
    if (!metres) { return "—"; }
    return (metres < 1000 ? `${metres} m` : `${(metres / 1000).toFixed(1)} km`) + (signed < 0 ? ` ${this.words.guess}` : "");
  }

  _rows(rows) {
    const table = document.createElement("table");
    for (const [label, value] of rows) {
      const row = table.insertRow();
      if (label) { row.insertCell().textContent = label; }
      const cell = row.insertCell();
      cell.textContent = value;
      if (!label) { cell.colSpan = 2; }
    }
    return table;
  }

  _share(zone) {
    const seats = this.data.zone[zone].seats;
    return seats > 0 ? ` ${huapian.percent((100 * this.load[zone]) / seats)}` : "";
  }

  // Whether a zone has as many entrants as its intake plan, or more: red, in figures as on the map.
  _full(zone) {
    const { seats } = this.data.zone[zone], load = this.load[zone];
    return seats !== null && load > 0 && load >= seats;
  }

  _say(text) {
    const n = this.queue.length;
    const help = this.words[`help_${this.tool}`];
    this.foot.textContent = text || (n ? this.words.sending.replace("{n}", n) : this.data.said ? `${this.data.said} ${help}` : help);
    this.root.dataset.pending = n;
  }
}
