// What the pointer does on the board: each tool turns its way into units, and says when a stroke has ended.

const TOOLS = ["pan", "ask", "pick", "brush", "box", "ring", "line", "town", "lock", "split"];
const KEYS = { v: "pan", a: "ask", c: "pick", b: "brush", r: "box", o: "ring", d: "line", t: "town", l: "lock", x: "split" };

class Pointer {
  // host: tool, size (pixels), ground, map; hover(u), touch(units), done(), aim(u)
  constructor(host) {
    this.host = host;
    this.map = host.map;
    this.trail = [];
    const box = this.map.getContainer();
    box.addEventListener("pointerdown", (event) => this._down(event));
    box.addEventListener("pointermove", (event) => this._move(event));
    box.addEventListener("pointerup", (event) => this._up(event));
    box.addEventListener("pointercancel", () => {
      this.drop();
      host.done();  // what is painted is kept: on the screen and in the store
    });
    box.addEventListener("pointerleave", () => host.hover(-1));
    box.addEventListener("contextmenu", (event) => {
      event.preventDefault();
      host.aim(this._unit(event));
    });
    this.ghost = L.polyline([], { color: "#0f6e6e", weight: 1.5, dashArray: "4 3", interactive: false }).addTo(this.map);
    this.ring = L.circleMarker([0, 0], { radius: 1, color: "#1f2933", weight: 1, fill: false, interactive: false });
  }

  // Position of the pointer in the ground's own numbers.
  _place(event) {
    const box = this.map.getContainer().getBoundingClientRect();
    const point = this.map.containerPointToLayerPoint([event.clientX - box.left, event.clientY - box.top]);
    const origin = this.map.getPixelOrigin(), scale = this._scale(), corner = this.host.ground.corner;
    return [(point.x + origin.x) / scale - corner[0], (point.y + origin.y) / scale - corner[1]];
  }

  _scale() { return 256 * Math.pow(2, this.map.getZoom()); }

  _unit(event) { return this.host.ground.at(...this._place(event)); }

  _free(event) { return event.target.closest(".leaflet-control, .hp-board-bar"); }

  _down(event) {
    const tool = this.host.tool;
    if (event.button !== 0 || this._free(event) || tool === "pan") { return; }
    this.map.getContainer().setPointerCapture(event.pointerId);
    this.trail = [this._place(event)];
    this.active = true;
    this.host.kept.clear();
    this.host.fresh.clear();
    if (tool === "brush") { this._paint(this.trail[0], this.trail[0]); }
  }

  _move(event) {
    if (!this.host.ground) { return; }
    const here = this._place(event);
    this.host.hover(this._free(event) ? -1 : this.host.ground.at(...here), event);
    this._circle(event);
    if (!this.active) { return; }
    const steps = event.getCoalescedEvents ? event.getCoalescedEvents() : [];
    for (const step of steps.length ? steps : [event]) { this._step(this._place(step)); }
  }

  _step(place) {
    const last = this.trail[this.trail.length - 1];
    this.trail.push(place);
    if (this.host.tool === "brush") {
      this._paint(last, place);
      this.trail = [place];
    } else if (["box", "ring", "line", "split"].includes(this.host.tool)) {
      this.ghost.setLatLngs(this._outline().map((p) => this._latlng(p)));
    }
  }

  _paint(from, to) {
    const radius = this.host.size / 2 / this._scale();
    this.host.touch(this.host.ground.under(...from, ...to, radius));
  }

  _outline() {
    const first = this.trail[0], last = this.trail[this.trail.length - 1];
    if (["line", "split"].includes(this.host.tool)) { return this.trail; }
    if (this.host.tool === "ring") { return [...this.trail, first]; }
    return [first, [last[0], first[1]], last, [first[0], last[1]], first];
  }

  _latlng([x, y]) {
    const scale = this._scale(), corner = this.host.ground.corner;
    return this.map.unproject([(x + corner[0]) * scale, (y + corner[1]) * scale]);
  }

  _circle(event) {
    if (this.host.tool !== "brush") {
      this.ring.remove();
      return;
    }
    const box = this.map.getContainer().getBoundingClientRect();
    this.ring.setLatLng(this.map.containerPointToLatLng([event.clientX - box.left, event.clientY - box.top]));
    this.ring.setRadius(this.host.size / 2);
    this.ring.addTo(this.map);
  }

  _up(event) {
    if (!this.active) { return; }
    const tool = this.host.tool, place = this._place(event);
    if (tool === "box" || tool === "ring") {
      this.trail.push(place);
      this.host.touch(this.host.ground.within(this._outline()));
    } else if (tool === "line") {
      this.trail.push(place);
      this.host.touch(this.host.across(this.trail));
    } else if (tool === "split") {
      this.trail.push(place);
      this.host.part(this.trail);
    } else if (tool !== "brush") {
      const unit = this.host.ground.at(...place);
      if (unit >= 0) { this.host.touch([unit]); }
    }
    this.drop();
    this.host.done();
  }

  // Give up what is being drawn.
  drop() {
    this.active = false;
    this.trail = [];
    this.ghost.setLatLngs([]);
  }
}
