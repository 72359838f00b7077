// Two or three maps of one ground, each with its own plan, that pan and zoom as one: side by side, or one above
// the other with a slider between them. Text from data enters as text nodes only.

// A plan on its own canvas: units of the place that is looked at have a rim of their own.
const Leaf = Sheet.extend({
  _dots(ctx, frame, units) {
    this._outline(ctx, frame, [...this.state.place], "#0f6e6e", 3);
    Sheet.prototype._dots.call(this, ctx, frame, units);
  },
});

const PAPER = 690;  // pixels between the margins of a sheet of A4

class Pair {
  // root: the element to draw in; chosen(id): called with the unit that was clicked
  constructor(root, chosen) {
    this.root = root;
    this.chosen = chosen;
    this.leaves = [];
    window.addEventListener("beforeprint", () => this.paper(true));
    window.addEventListener("afterprint", () => this.paper(false));
  }

  // Maps as wide as a sheet of A4 shows them, looking where they looked; and back.
  paper(on) {
    if (!this.leaves.length || !this.root.isConnected) { return; }
    if (on) { this.seen = this.leaves[0].map.getBounds(); }
    this.deck.style.width = on ? `${PAPER}px` : "";
    this.deck.style.height = `${on ? Math.min(this.data.height, PAPER / this.leaves.length + 80) : this.data.height}px`;
    for (const { map } of this.leaves) {
      map.invalidateSize({ animate: false });
      if (this.seen) { map.fitBounds(this.seen, { animate: false }); }
    }
  }

  update(data, bytes) {
    this.data = data;
    const shape = JSON.stringify([data.ground, data.plans.map((plan) => plan.id)]);
    if (shape !== this.shape) { this._build(bytes); }
    this.shape = shape;
    this._frame();
    this.leaves.forEach((leaf, i) => this._fill(leaf, data.plans[i]));
    this._comments();
    this._links();
    this._arrange();
    const focus = JSON.stringify(data.focus);
    if (focus !== this.focus) { this.look(data.focus); }
    this.focus = focus;
    this.root.dataset.ready = shape;
  }

  _build(bytes) {
    const old = this.leaves.length && !this._wide() ? this.leaves[0].map : null;
    const view = old && [old.getCenter(), old.getZoom()];  // who looked at everything goes on doing so
    this.leaves.forEach((leaf) => { leaf.sized.disconnect(); leaf.map.remove(); });
    this.root.replaceChildren();
    this.ground = new Ground(bytes);
    this.bar = L.DomUtil.create("div", "hp-pair-bar hp-board", this.root);
    this.deck = L.DomUtil.create("div", "hp-pair-deck", this.root);
    this.deck.style.height = `${this.data.height}px`;  // a map without a height cannot tell where it looks
    this.key = L.DomUtil.create("div", "hp-legend hp-board-legend", this.root);
    this.slider = null;
    this.leaves = this.data.plans.map((plan, i) => this._leaf(i));
    this.leaves.forEach((leaf) => leaf.map.on("move", () => this._follow(leaf)));
    if (view) { this.leaves[0].map.setView(...view, { animate: false }); } else { this.whole(); }
    this._controls();
  }

  _leaf(i) {
    const box = L.DomUtil.create("div", "hp-pair-map", this.deck);
    box.tabIndex = 0;
    const map = L.map(box, {
      attributionControl: false, zoomControl: false, zoomSnap: 0.25, zoomDelta: 0.5, wheelPxPerZoomLevel: 120,
      preferCanvas: true, zoomAnimation: false,
    });
    const view = this.ground.view;
    map.fitBounds([[view[0], view[1]], [view[2], view[3]]], { animate: false });
    if (i === 0) { L.control.zoom({ position: "bottomleft" }).addTo(map); }
    L.control.scale({ imperial: false, maxWidth: 140 }).addTo(map);
    const state = {
      zones: new Uint16Array(this.ground.count).fill(LOOSE), colours: [], locked: new Set(), cut: new Set(),
      moved: new Set(), place: new Set(), marked: -1, lines: true,
    };
    const leaf = { box, map, state, number: i, said: "" };
    leaf.sheet = new Leaf(this.ground, state).addTo(map);
    leaf.marks = L.layerGroup().addTo(map);
    leaf.notes = L.layerGroup().addTo(map);
    Object.assign(map.createPane("hp-links").style, { zIndex: 450, pointerEvents: "none" });
    leaf.lines = L.canvas({ pane: "hp-links" });
    leaf.links = L.layerGroup().addTo(map);
    leaf.tip = L.DomUtil.create("div", "hp-board-tip leaflet-tooltip hp-tip", box);
    box.addEventListener("pointermove", (event) => this._hover(leaf, event));
    box.addEventListener("pointerleave", () => { leaf.tip.style.display = "none"; });
    map.on("click", (event) => this._click(this._unit(leaf, event.containerPoint)));
    leaf.sized = new ResizeObserver(() => this._resized(leaf));
    leaf.sized.observe(box);
    return leaf;
  }

  // The map that was moved takes the others along.
  _follow(leaf) {
    if (this.following) { return; }
    this.following = true;
    const centre = leaf.map.getCenter(), zoom = leaf.map.getZoom();
    this.leaves.filter((other) => other !== leaf).forEach((other) => other.map.setView(centre, zoom, { animate: false }));
    this.following = false;
  }

  _fill(leaf, plan) {
    const s = leaf.state;
    s.zones = Uint16Array.from(plan.zones, (zone) => (zone < 0 ? LOOSE : zone));
    s.colours = plan.colours;
    s.moved = new Set(this.data.contested);
    s.place = new Set(this.data.focus.units);
    leaf.box.setAttribute("aria-label", plan.name);
    const said = JSON.stringify([plan.name, plan.schools, plan.loads, this.data.stamp]);
    if (said !== leaf.said) { this._dress(leaf, plan); }
    leaf.said = said;
    leaf.sheet.refresh();
  }

  // Title with the stamp of synthetic data, schools with their load, names of zones.
  _dress(leaf, plan) {
    for (const control of leaf.boxes || []) { control.remove(); }
    const head = huapian.box(leaf.map, "topleft", "hp-box hp-title hp-board-title", "<b></b><span class=\"hp-stamp\"></span>");
    const [name, stamp] = head.getContainer().children;
    name.textContent = plan.name;
    stamp.textContent = this.data.stamp;
    stamp.hidden = !this.data.stamp;
    leaf.boxes = [head, huapian.box(leaf.map, "topright", "hp-box hp-north", this.data.north)];
    leaf.marks.clearLayers();
    for (const [lat, lon, svg, size, title] of plan.schools) {
      const icon = L.divIcon({ className: "hp-symbol", html: svg, iconSize: [size, size], iconAnchor: [size / 2, size / 2] });
      L.marker([lat, lon], { icon, keyboard: false, interactive: false, title }).addTo(leaf.marks);
    }
    const words = this.data.zone.flatMap((zone, i) => {
      const load = plan.loads[i];
      if (plan.own && (i < plan.own[0] || i >= plan.own[1])) { return []; }  // of the other stage
      const share = load === null ? "" : ` ${huapian.percent(load)}`;
      return zone.at ? [[zone.at[0], zone.at[1], zone.name + share, load !== null && load >= 100 ? "hp-below hp-over" : "hp-below", 0]] : [];
    });
    if (leaf.labels) { leaf.labels.remove(); }
    leaf.labels = huapian.labels(words).addTo(leaf.map);
  }

  _comments() {
    for (const leaf of this.leaves) {
      leaf.notes.clearLayers();
      for (const [lat, lon, number, text] of this.data.comments) {
        const span = document.createElement("span");
        span.textContent = number;
        const icon = L.divIcon({ className: "hp-pair-note", html: span, iconSize: [22, 22], iconAnchor: [11, 24] });
        L.marker([lat, lon], { icon, title: text, keyboard: false }).addTo(leaf.notes);
      }
    }
  }

  // Lines from school to school, as wide as their pupils are many; what is split is dashed; a ring feeds itself.
  _links() {
    const said = JSON.stringify(this.data.links || []);
    for (const leaf of this.leaves.filter((each) => each.linked !== said)) {
      leaf.links.clearLayers();
      leaf.linked = said;
      for (const [lat, lon, toLat, toLon, weight, whole] of this.data.links || []) {
        const style = { renderer: leaf.lines, interactive: false, fill: false, color: whole ? "#0f6e6e" : "#b45309" };
        const from = [lat, lon], to = [toLat, toLon];
        if (lat === toLat && lon === toLon) {
          L.circleMarker(from, { ...style, weight, radius: 14 + weight / 2 }).addTo(leaf.links);
          continue;
        }
        const ground = { ...style, color: "#ffffff", weight: weight + 2, opacity: 0.8 };
        L.polyline([from, to], ground).addTo(leaf.links);
        const dash = whole ? null : `${weight + 5} ${weight + 4}`;
        L.polyline([from, to], { ...style, weight, opacity: 0.9, dashArray: dash, lineCap: "butt" }).addTo(leaf.links);
        L.circleMarker(from, { ...style, fill: true, fillOpacity: 1, weight: 1, radius: 3 }).addTo(leaf.links);
      }
    }
  }

  _frame() { this.key.innerHTML = this.data.legend; }

  // ---- how the maps lie --------------------------------------------------------------------------------

  _controls() {
    const w = this.data.words;
    const add = (word, run) => {
      const button = L.DomUtil.create("button", "", this.bar);
      button.type = "button";
      button.textContent = word;
      button.addEventListener("click", run);
      return button;
    };
    this.whichs = { side: add(w.side, () => this._use("side")), swipe: add(w.swipe, () => this._use("swipe")) };
    add(w.whole, () => this.whole());
    this.right = L.DomUtil.create("select", "", this.bar);
    this.right.setAttribute("aria-label", w.against);
    this.data.plans.slice(1).forEach((plan, i) => this.right.add(new Option(plan.name, i + 1)));
    this.right.addEventListener("change", () => this._arrange());
    this.slider = L.DomUtil.create("input", "", this.bar);
    Object.assign(this.slider, { type: "range", min: 0, max: 100, value: 50 });
    this.slider.setAttribute("aria-label", w.slide);
    this.slider.addEventListener("input", () => this._clip());
    this.mode = this.mode || "side";
  }

  _use(mode) {
    this.mode = mode;
    this._arrange();
  }

  _arrange() {
    const swipe = this.mode === "swipe", above = Number(this.right.value);
    this.deck.classList.toggle("hp-swipe", swipe);
    for (const [name, button] of Object.entries(this.whichs)) { button.setAttribute("aria-pressed", name === this.mode); }
    this.slider.hidden = !swipe;
    this.right.hidden = !swipe || this.leaves.length < 3;
    this.deck.style.height = `${this.data.height}px`;
    for (const leaf of this.leaves) {
      leaf.box.hidden = swipe && leaf.number !== 0 && leaf.number !== above;
      leaf.box.style.clipPath = "";
      leaf.map.invalidateSize({ animate: false });
    }
    this._follow(this.leaves[0]);
    this._clip();
  }

  _clip() {
    if (this.mode !== "swipe") { return; }
    const at = Number(this.slider.value);
    this.leaves[Number(this.right.value)].box.style.clipPath = `inset(0 0 0 ${at}%)`;
    this.deck.style.setProperty("--at", `${at}%`);
  }

  // ---- where one looks ---------------------------------------------------------------------------------

  whole() {
    const v = this.ground.view, { map } = this.leaves[0];
    this.leaves.forEach((leaf) => leaf.map.invalidateSize({ animate: false }));
    const room = [Math.round(map.getSize().x / 14), 0];  // for the names of schools at the sides
    map.fitBounds([[v[0], v[1]], [v[2], v[3]]], { animate: false, padding: room });
    this._follow(this.leaves[0]);
    this.wide = this._seen();
  }

  _seen() {
    const { map } = this.leaves[0];
    return { zoom: map.getZoom(), at: map.project(map.getCenter()) };
  }

  // A map that has become wider or narrower keeps its middle but for a pixel or two.
  _wide() {
    const now = this._seen();
    return !!this.wide && now.zoom === this.wide.zoom && now.at.distanceTo(this.wide.at) < 5;
  }

  // Who has not looked closer yet sees everything, however wide the maps have become.
  _resized(leaf) {
    const wide = this._wide();
    leaf.map.invalidateSize({ animate: false });
    if (wide) { this.whole(); }
  }

  look(focus) {
    this.leaves.forEach((leaf) => { leaf.state.place = new Set(focus.units); leaf.sheet.refresh(); });
    if (!focus.units.length) { return; }
    const b = this.ground.box, c = this.ground.corner, ends = [Infinity, Infinity, -Infinity, -Infinity];
    for (const u of focus.units) {
      ends[0] = Math.min(ends[0], b[4 * u]); ends[1] = Math.min(ends[1], b[4 * u + 1]);
      ends[2] = Math.max(ends[2], b[4 * u + 2]); ends[3] = Math.max(ends[3], b[4 * u + 3]);
    }
    const at = (x, y) => L.CRS.EPSG3857.pointToLatLng(L.point(256 * (x + c[0]), 256 * (y + c[1])), 0);
    const room = L.latLngBounds(at(ends[0], ends[1]), at(ends[2], ends[3])).pad(0.6);
    this.leaves[0].map.fitBounds(room, { animate: false, maxZoom: 16 });
    this._follow(this.leaves[0]);
  }

  _unit(leaf, point) {
    const { map } = leaf, origin = map.getPixelOrigin(), scale = 256 * Math.pow(2, map.getZoom());
    const layer = map.containerPointToLayerPoint(point), c = this.ground.corner;
    return this.ground.at((layer.x + origin.x) / scale - c[0], (layer.y + origin.y) / scale - c[1]);
  }

  _click(u) { if (u >= 0) { this.chosen(this.ground.ids[u]); } }

  _hover(leaf, event) {
    const box = leaf.box.getBoundingClientRect();
    const x = event.clientX - box.left, y = event.clientY - box.top, u = this._unit(leaf, [x, y]);
    leaf.tip.style.display = u < 0 ? "none" : "block";
    if (u < 0) { return; }
    leaf.tip.replaceChildren(this.table([u]));
    leaf.tip.style.left = `${Math.max(0, Math.min(x + 14, box.width - leaf.tip.offsetWidth - 4))}px`;
    leaf.tip.style.top = `${Math.max(0, Math.min(y + 14, box.height - leaf.tip.offsetHeight - 4))}px`;
  }

  // ---- what is said of units ---------------------------------------------------------------------------

  pupils(u) { const n = this.data.pupils[u]; return n < 0 ? this.data.words.few : n.toLocaleString("en"); }

  walk(signed) {
    const metres = Math.abs(signed);
    if (!metres) { return "—"; }
    return (metres < 1000 ? `${metres} m` : `${(metres / 1000).toFixed(1)} km`) + (signed < 0 ? ` ${this.data.words.guess}` : "");
  }

  // Units with their pupils and, under every plan, their zone and walk.
  table(units, headed) {
    const table = document.createElement("table"), { plans, zone, words } = this.data;
    const put = (row, text) => { row.insertCell().textContent = text; };
    if (headed) {
      const row = table.createTHead().insertRow();
      [words.unit, words.pupils, ...plans.flatMap((plan) => [plan.name, words.walk])].forEach((text) => put(row, text));
    }
    const body = table.createTBody(), named = (plan, u) => (plan.zones[u] < 0 ? words.loose : zone[plan.zones[u]].name);
    for (const u of units) {
      if (headed) {
        const row = body.insertRow();
        [this.ground.names[u], this.pupils(u), ...plans.flatMap((plan) => [named(plan, u), this.walk(plan.walks[u])])]
          .forEach((text) => put(row, text));
        continue;
      }
      const first = body.insertRow().insertCell();
      first.colSpan = 2;
      first.textContent = `${this.ground.names[u]} · ${words.pupils} ${this.pupils(u)}`;
      plans.forEach((plan) => {
        const row = body.insertRow();
        put(row, plan.name);
        put(row, `${named(plan, u)} · ${this.walk(plan.walks[u])}`);
      });
    }
    return table;
  }
}
