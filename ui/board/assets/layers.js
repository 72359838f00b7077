// Layers that are switched on and off: lines and borders, units coloured by their walk, and pictures sent for a layer.

Object.assign(Board.prototype, {
  // The control: a list to open, one box a layer. What is on is the browser's; Python keeps it for the session.
  _layers() {
    const { title, rows, on } = this.data.layers;
    if (!this.on) {
      this.on = new Set(on);
      this.control = L.DomUtil.create("details", "hp-board-layers");
      this.figures.before(this.control);
      this.control.addEventListener("keydown", (event) => {
        if (event.key === "Escape") { this.control.open = false; this.control.firstChild.focus(); }
      });
      this.drawn = {};
      window.addEventListener("huapian-layer", () => {
        this._pictures();
        this._warn();
      });
    }
    const text = JSON.stringify([title, rows]);
    if (text !== this.listed) {
      this.listed = text;
      const boxes = rows.map(([name, words, lacking]) => this._box(name, words, lacking));
      const summary = Object.assign(document.createElement("summary"), { textContent: title });
      const list = document.createElement("div");
      list.append(...boxes);
      this.control.replaceChildren(summary, list);
    }
    this._switch();
  },

  _box(name, words, lacking) {
    const label = document.createElement("label"), box = document.createElement("input");
    Object.assign(box, { type: "checkbox", checked: this.on.has(name), disabled: Boolean(lacking) });
    box.dataset.layer = name;
    box.onchange = () => {
      this.on[box.checked ? "add" : "delete"](name);
      this._switch();
      this.sheet.refresh();
      this.send("layers", [...this.on]);
    };
    label.title = lacking;
    label.append(box, words);
    return label;
  },

  _switch() {
    const s = this.state;
    s.hidden = ["roads", "barriers", "borders"].filter((name) => !this.on.has(name));
    s.walked = this.on.has("distance") ? (u) => this._hue(u) : null;
    s.far = (u) => this.data.demand[u] > 0 && (this._limits() || []).some((rule) => this._beyond(rule, u));
    s.under = this.on.has("tiles");
    this._tiles();
    this._pictures();
  },

  // Tiles below the units, asked for only while the layer is on and Python has told where they are.
  _tiles() {
    const { tiles, no_tiles } = this.data.layers, wanted = this.on.has("tiles") ? tiles : [];
    if (JSON.stringify(wanted) === JSON.stringify(this.tiled || [])) { return; }
    this.tiled = wanted;
    (this.sheets || []).forEach((sheet) => sheet.remove());
    this.sheets = wanted.map((url) => L.tileLayer(url, { maxZoom: 18 }).addTo(this.map).on("tileerror", () => this._say(no_tiles)));
  },

  // Colour of a unit by its walk; white where none is known, or none yet.
  _hue(u) {
    const { tops, colours } = this.data.layers.walks, metres = Math.abs(this.data.walks[u]);
    if (!metres || this.state.zones[u] === LOOSE || this.state.zones[u] !== this.data.zones[u]) { return "#ffffff"; }
    const at = tops.findIndex((top) => metres <= top);
    return colours[at < 0 ? tops.length : at];
  },

  // Show the pictures of each layer that is on and has come.
  _pictures() {
    const there = window.huapianLayers || {};
    for (const name of ["classes", "estates"]) {
      const held = this.on.has(name) ? there[name] : undefined, was = this.drawn[name];
      if (was && was.data === held) { continue; }
      if (was) { was.group.remove(); delete this.drawn[name]; }
      if (held) { this.drawn[name] = { data: held, group: L.layerGroup(held.rows.map(this._picture)).addTo(this.map) }; }
    }
  },

  _picture([lat, lon, svg, width, height, lift, tip]) {
    const icon = L.divIcon({ className: "hp-symbol hp-layer", html: svg, iconSize: [width, height],
      iconAnchor: [width / 2, height / 2 + lift] });
    return L.marker([lat, lon], { icon, keyboard: false, title: tip, zIndexOffset: 500 });
  },
});
