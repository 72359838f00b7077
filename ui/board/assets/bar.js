// The board's bar of tools: buttons, brush, the zone that is painted, and its figures while painting.

Object.assign(Board.prototype, {
  _bar() {
    if (!this.buttons) { this._build(); }
    for (const [tool, button] of Object.entries(this.buttons)) {
      button.setAttribute("aria-pressed", String(tool === this.tool));
    }
    this.undo.disabled = !this.data.can_undo && !this.queue.length;
    this.redo.disabled = !this.data.can_redo;
    this.brush.disabled = this.tool !== "brush";
    const trouble = this._troubled().length;
    this.trouble.textContent = this.words.troubles.replace("{n}", trouble);
    this.trouble.disabled = !trouble;
    const own = this._own();
    this.hold.disabled = !own.length;
    this.hold.textContent = own.length && own.every((u) => this.state.locked.has(u)) ? this.words.free : this.words.hold;
    this._choices();
    this._readout();
    this._warn();
  },

  _build() {
    this.buttons = {};
    const tools = L.DomUtil.create("div", "hp-board-tools", this.bar);
    tools.setAttribute("role", "toolbar");
    tools.setAttribute("aria-label", this.words.tools);
    for (const tool of TOOLS) {
      const key = Object.keys(KEYS).find((each) => KEYS[each] === tool);
      const button = this._button(tools, tool, this.words[tool], `${this.words[`help_${tool}`]} (${key.toUpperCase()})`);
      button.onclick = () => this._use(tool);
      this.buttons[tool] = button;
    }
    this.brush = L.DomUtil.create("input", "", tools);
    Object.assign(this.brush, { type: "range", min: 4, max: 120, step: 4, value: this.size, title: this.words.size });
    this.brush.setAttribute("aria-label", this.words.size);
    this.brush.oninput = () => { this.size = Number(this.brush.value); };
    this.undo = this._button(tools, "undo", this.words.undo, `${this.words.undo} (Ctrl+Z)`);
    this.redo = this._button(tools, "redo", this.words.redo, `${this.words.redo} (Ctrl+Y)`);
    this.undo.onclick = () => this._queue({ kind: "undo" });
    this.redo.onclick = () => this._queue({ kind: "redo" });
    this.trouble = this._button(tools, "trouble", "", `${this.words.trouble} (N)`);
    this.trouble.onclick = () => this._next();
    this.places = L.DomUtil.create("select", "", tools);
    this.places.title = this.words.fit;
    this.places.setAttribute("aria-label", this.words.fit);
    this.places.onchange = () => this._fit(this.data.places[this.places.value].slice(1));
    const aim = L.DomUtil.create("label", "hp-board-aim", this.bar);
    L.DomUtil.create("span", "", aim).textContent = this.words.paint_into;
    this.chip = L.DomUtil.create("i", "", aim);
    this.choice = L.DomUtil.create("select", "", aim);
    this.choice.onchange = () => {
      this.target = Number(this.choice.value);
      if (this.tool === "pan") { this._use("brush"); }
      this._bar();
    };
    this.hold = this._button(this.bar, "hold", "", this.words.help_hold);
    this.hold.onclick = () => this._holdZone();
    this.figures = L.DomUtil.create("output", "hp-board-figures", this.bar);
    this.ahead = L.DomUtil.create("output", "hp-board-ahead", this.bar);
  },

  _button(parent, name, text, title) {
    const button = L.DomUtil.create("button", "", parent);
    Object.assign(button, { type: "button", textContent: text, title });
    button.dataset.tool = name;
    return button;
  },

  _choices() {
    const places = this.data.places.map((place) => place[0]);
    if (this.places.length !== places.length) {
      this.places.replaceChildren(...places.map((words, i) => new Option(words, i)));
    }
    const words = this.data.zone.map((zone) => zone.name);
    const text = JSON.stringify(words);
    if (text !== this.offered) {
      this.offered = text;
      this.choice.replaceChildren(new Option(this.words.choose, -1), ...words.map((word, i) => new Option(word, i)),
        new Option(this.words.none, -2));
    }
    this.choice.value = this.target;
    this.chip.style.background = this.target < 0 ? "#ffffff" : this.data.zone[this.target].colour;
  },

  // Units without a zone, and units cut off from their school.
  _troubled() {
    const s = this.state, found = [];
    for (let u = 0; u < s.zones.length; u++) { if (s.zones[u] === LOOSE || s.cut.has(u)) { found.push(u); } }
    return found;
  },

  // Show the next of them close by, and say which it is.
  _next() {
    const units = this._troubled();
    if (!units.length) { return; }
    const at = units.find((u) => u > (this.looked ?? -1)) ?? units[0];
    this.looked = at;
    this._show(at);
    const what = this.state.cut.has(at) ? this.words.cut : this.words.unassigned;
    this._say(`${units.indexOf(at) + 1}/${units.length} ${this.ground.names[at]} · ${what}`);
  },

  // Bring one unit into sight with what is around it, and frame it.
  _show(u) {
    const [left, top, right, low] = this.ground.box.subarray(4 * u, 4 * u + 4), p = this.pointer;
    const spread = Math.max(right - left, low - top);
    const box = L.latLngBounds(p._latlng([left - spread, top - spread]), p._latlng([right + spread, low + spread]));
    this.map.fitBounds(box, { animate: false, maxZoom: 15 });
    this.state.marked = u;
    this.sheet.refresh();
  },

  _own() {
    const found = [];
    if (this.target >= 0) { this.state.zones.forEach((zone, u) => { if (zone === this.target) { found.push(u); } }); }
    return found;
  },

  // Lock every unit of the zone that is painted, or free them where all are locked.
  _holdZone() {
    const own = this._own(), free = own.filter((u) => !this.state.locked.has(u));
    if (own.length) { this._queue(free.length ? { kind: "lock", units: free } : { kind: "unlock", units: own }); }
  },

  // Load of the painted zone in the years to come, as far as children are known.
  _later() {
    const zone = this.data.zone[this.target];
    if (!zone) { return ""; }
    return this.data.later.map(({ year, demand, seats }) => {
      let load = 0;
      this.state.zones.forEach((at, u) => { if (at === this.target) { load += demand[u]; } });
      const room = seats[this.target];
      return `${year} ${load}${room > 0 ? ` ${huapian.percent((100 * load) / room)}` : ""}`;
    }).join(" · ");
  },

  _readout() {
    this.ahead.textContent = this._later();
    if (this.target < 0) {
      this.figures.textContent = this.loose ? this.words.loose.replace("{n}", this.loose) : "";
      return;
    }
    const zone = this.data.zone[this.target], load = this.load[this.target];
    const seats = zone.seats === null ? "—" : zone.seats;
    this.figures.textContent = this.words.room.replace("{load}", load).replace("{seats}", seats) + this._share(this.target);
    this.figures.classList.toggle("hp-over", this._full(this.target));
  },

  _use(tool) {
    this.pointer.drop();
    this.done();  // what a stroke had painted when another tool was taken up belongs to the old tool
    this.tool = tool;
    this.map.dragging[tool === "pan" ? "enable" : "disable"]();
    this.map.getContainer().style.cursor = tool === "pan" ? "" : "crosshair";
    this._bar();
    this._say();
  },

  _fit([south, west, north, east]) {
    this.map.fitBounds([[south, west], [north, east]], { padding: [16, 16], animate: false });
  },

  _key(event) {
    if (event.target.closest("select, input")) { return; }
    const key = event.key.toLowerCase();
    if ((event.ctrlKey || event.metaKey) && (key === "z" || key === "y")) {
      const button = key === "y" || event.shiftKey ? this.redo : this.undo;
      if (!button.disabled) { button.click(); }
    } else if (event.ctrlKey || event.metaKey || event.altKey) {
      return;
    } else if (KEYS[key]) {
      this._use(KEYS[key]);
    } else if (key === "[" || key === "]") {
      this.size = Math.max(4, Math.min(120, this.size + (key === "[" ? -8 : 8)));
      this.brush.value = this.size;
    } else if (key === "n") {
      this._next();
    } else if (key === "escape") {
      this._giveUp();
    } else {
      return;
    }
    event.preventDefault();
  },
});

export default function (component) {
  const { data, parentElement, setStateValue } = component;
  const root = parentElement.querySelector(".hp-board");
  root.board = root.board || new Board(parentElement);
  root.board.update(data, setStateValue);
}
