// The units of a map: where they are, which of them lie under a stroke, and one canvas that shows them all.
// Positions are shares of the Mercator world, taken from the map's own corner so that 32 bits hold them.

function unpack(bytes) {
  const own = bytes.slice();  // the arrays behind the heading must begin at a multiple of four
  const length = new DataView(own.buffer).getUint32(0, true);
  const heading = JSON.parse(new TextDecoder().decode(own.subarray(4, 4 + length)));
  let at = 4 + length + ((4 - (length % 4)) % 4);
  const found = { ...heading };
  for (const [name, kind, size] of heading.arrays) {
    found[name] = new (kind === "f4" ? Float32Array : Uint32Array)(own.buffer, at, size);
    at += 4 * size;
  }
  return found;
}

// Squared distance of a point from a segment.
function offSegment(px, py, ax, ay, bx, by) {
  const dx = bx - ax, dy = by - ay, long = dx * dx + dy * dy;
  const t = long ? Math.max(0, Math.min(1, ((px - ax) * dx + (py - ay) * dy) / long)) : 0;
  const x = ax + t * dx - px, y = ay + t * dy - py;
  return x * x + y * y;
}

function side(ax, ay, bx, by, px, py) { return Math.sign((bx - ax) * (py - ay) - (by - ay) * (px - ax)); }

function cross(a, b, c, d, e, f, g, h) {
  return side(a, b, c, d, e, f) !== side(a, b, c, d, g, h) && side(e, f, g, h, a, b) !== side(e, f, g, h, c, d);
}

class Ground {
  constructor(bytes) {
    Object.assign(this, unpack(bytes));
    this.count = this.ids.length;
    this.number = new Map(this.ids.map((id, u) => [id, u]));
    this._index();
  }

  // A grid of boxes over the map; each lists the units whose extent touches it.
  _index() {
    const n = Math.max(1, Math.ceil(Math.sqrt(this.count)));
    let right = 0, low = 0;
    for (let u = 0; u < this.count; u++) {
      right = Math.max(right, this.box[4 * u + 2]);
      low = Math.max(low, this.box[4 * u + 3]);
    }
    this.grid = { n, w: (right || 1) / n, h: (low || 1) / n, cells: Array.from({ length: n * n }, () => []) };
    for (let u = 0; u < this.count; u++) {
      this._cells(...this.box.subarray(4 * u, 4 * u + 4), (cell) => cell.push(u));
    }
  }

  _cells(left, top, right, low, visit) {
    const { n, w, h, cells } = this.grid;
    const fit = (value, size) => Math.max(0, Math.min(n - 1, Math.floor(value / size)));
    for (let y = fit(top, h); y <= fit(low, h); y++) {
      for (let x = fit(left, w); x <= fit(right, w); x++) { visit(cells[y * n + x]); }
    }
  }

  // Units whose extent meets a rectangle.
  near(left, top, right, low) {
    const found = new Set();
    this._cells(left, top, right, low, (cell) => {
      for (const u of cell) {
        const at = 4 * u, b = this.box;
        if (b[at] <= right && b[at + 2] >= left && b[at + 1] <= low && b[at + 3] >= top) { found.add(u); }
      }
    });
    return found;
  }

  // Calls visit(x1, y1, x2, y2) with every side of a unit; stops when it returns true.
  _sides(u, visit) {
    for (let ring = this.unit_ring[u]; ring < this.unit_ring[u + 1]; ring++) {
      for (let p = this.ring[ring]; p < this.ring[ring + 1] - 1; p++) {
        if (visit(this.xy[2 * p], this.xy[2 * p + 1], this.xy[2 * p + 2], this.xy[2 * p + 3])) { return true; }
      }
    }
    return false;
  }

  holds(u, x, y) {
    let inside = false;
    this._sides(u, (ax, ay, bx, by) => {
      if ((ay > y) !== (by > y) && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) { inside = !inside; }
    });
    return inside;
  }

  at(x, y) {
    for (const u of this.near(x, y, x, y)) { if (this.holds(u, x, y)) { return u; } }
    return -1;
  }

  // Units that a brush of radius r touches on its way from one point to the next.
  under(ax, ay, bx, by, r) {
    const near = this.near(Math.min(ax, bx) - r, Math.min(ay, by) - r, Math.max(ax, bx) + r, Math.max(ay, by) + r);
    const rr = r * r;
    return [...near].filter((u) => this.holds(u, bx, by) || this._sides(u, (cx, cy, dx, dy) =>
      cross(ax, ay, bx, by, cx, cy, dx, dy) ||
      offSegment(ax, ay, cx, cy, dx, dy) <= rr || offSegment(bx, by, cx, cy, dx, dy) <= rr ||
      offSegment(cx, cy, ax, ay, bx, by) <= rr));
  }

  // Units whose own point lies inside a drawn ring of [x, y].
  within(ring) {
    const xs = ring.map((p) => p[0]), ys = ring.map((p) => p[1]);
    const near = this.near(Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys));
    return [...near].filter((u) => {
      const x = this.anchor[2 * u], y = this.anchor[2 * u + 1];
      let inside = false;
      for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
        const [ax, ay] = ring[i], [bx, by] = ring[j];
        if ((ay > y) !== (by > y) && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) { inside = !inside; }
      }
      return inside;
    });
  }
}

const LOOSE = 65535;  // the number of no zone

// Leaflet's own canvas, which keeps in step with panning and zooming; what is on it is drawn here.
const Sheet = L.Canvas.extend({
  initialize(ground, state) {
    L.Canvas.prototype.initialize.call(this, { padding: 0.3 });
    this.ground = ground;
    this.state = state;  // zones, colours, locked, cut, shown lines: as they are at each drawing
    this.on("update", () => this._redraw());
  },

  // Draw again, all of it or only around the units given.
  refresh(units) {
    if (!this._map) { return; }
    if (units) {
      const { scale, dx, dy } = this._frame();
      for (const u of units) {
        const b = this.ground.box.subarray(4 * u, 4 * u + 4);
        const box = L.bounds([b[0] * scale + dx - 3, b[1] * scale + dy - 3], [b[2] * scale + dx + 3, b[3] * scale + dy + 3]);
        this._redrawBounds = this._redrawBounds ? this._redrawBounds.extend(box.min).extend(box.max) : box;
      }
    } else {
      this._redrawBounds = null;
      this._whole = true;
    }
    this._redrawRequest = this._redrawRequest || L.Util.requestAnimFrame(() => {
      if (this._whole) { this._redrawBounds = null; this._whole = false; }
      this._redraw();
    });
  },

  _frame() {
    const scale = 256 * Math.pow(2, this._map.getZoom()), origin = this._map.getPixelOrigin();
    return { scale, dx: this.ground.corner[0] * scale - origin.x, dy: this.ground.corner[1] * scale - origin.y };
  },

  _draw() {
    const ctx = this._ctx, clip = this._redrawBounds || this._bounds;
    if (!clip) { return; }
    ctx.save();
    ctx.beginPath();
    ctx.rect(clip.min.x, clip.min.y, clip.max.x - clip.min.x, clip.max.y - clip.min.y);
    ctx.clip();
    const frame = this._frame(), { scale, dx, dy } = frame;
    const seen = [...this.ground.near((clip.min.x - dx) / scale, (clip.min.y - dy) / scale,
      (clip.max.x - dx) / scale, (clip.max.y - dy) / scale)];
    this._fills(ctx, frame, seen);
    this._lines(ctx, frame);
    if (!this._hides("borders")) { this._borders(ctx, frame, clip); }
    this._outline(ctx, frame, seen.filter((u) => u === this.state.marked), "#0f6e6e", 3.5);
    this._dots(ctx, frame, seen.filter((u) => this.state.moved.has(u)));
    ctx.restore();
  },

  _hides(layer) { return Boolean(this.state.hidden && this.state.hidden.includes(layer)); },

  _trace(ctx, { scale, dx, dy }, u) {
    const g = this.ground;
    for (let r = g.unit_ring[u]; r < g.unit_ring[u + 1]; r++) {
      for (let p = g.ring[r]; p < g.ring[r + 1]; p++) {
        const x = g.xy[2 * p] * scale + dx, y = g.xy[2 * p + 1] * scale + dy;
        if (p === g.ring[r]) { ctx.moveTo(x, y); } else { ctx.lineTo(x, y); }
      }
    }
  },

  _fills(ctx, frame, seen) {
    const s = this.state, groups = new Map();
    for (const u of seen) {
      const key = s.walked ? s.walked(u) : s.cut.has(u) ? "cut" : s.zones[u];
      if (!groups.has(key)) { groups.set(key, []); }
      groups.get(key).push(u);
    }
    for (const [key, units] of groups) {
      ctx.beginPath();
      for (const u of units) { this._trace(ctx, frame, u); }
      ctx.globalAlpha = s.walked ? (s.under ? 0.6 : 0.8) : key === LOOSE ? (s.under ? 0.3 : 1) : key === "cut" ? 0.55 : 0.38;
      ctx.fillStyle = s.walked ? key : key === LOOSE ? "#ffffff" : key === "cut" ? "#b42318" : s.colours[key];
      ctx.fill("evenodd");
    }
    ctx.globalAlpha = 1;
    this._outline(ctx, frame, seen, "#7b8794", 0.5);
    this._outline(ctx, frame, seen.filter((u) => s.zones[u] === LOOSE), "#b42318", 1.5);
    if (s.walked) { this._outline(ctx, frame, seen.filter(s.far), "#b42318", 1.2); }
    this._hatch(ctx, frame, seen.filter((u) => s.locked.has(u)));
  },

  _outline(ctx, frame, units, colour, width) {
    if (!units.length) { return; }
    ctx.beginPath();
    for (const u of units) { this._trace(ctx, frame, u); }
    ctx.strokeStyle = colour;
    ctx.lineWidth = width;
    ctx.stroke();
  },

  _hatch(ctx, frame, units) {
    if (!units.length) { return; }
    if (!this._pattern) {
      const tile = document.createElement("canvas");
      tile.width = tile.height = 8;
      const pen = tile.getContext("2d");
      pen.strokeStyle = "#1f2933";
      pen.beginPath();
      pen.moveTo(-2, 10); pen.lineTo(10, -2); pen.moveTo(-2, 2); pen.lineTo(2, -2); pen.moveTo(6, 10); pen.lineTo(10, 6);
      pen.stroke();
      this._pattern = ctx.createPattern(tile, "repeat");
    }
    ctx.beginPath();
    for (const u of units) { this._trace(ctx, frame, u); }
    ctx.globalAlpha = 0.45;
    ctx.fillStyle = this._pattern;
    ctx.fill("evenodd");
    ctx.globalAlpha = 1;
  },

  // A dot on each unit that has moved against the plan in force.
  _dots(ctx, { scale, dx, dy }, units) {
    ctx.fillStyle = "#1f2933";
    ctx.strokeStyle = "#ffffff";
    ctx.lineWidth = 1;
    for (const u of units) {
      ctx.beginPath();
      ctx.arc(this.ground.anchor[2 * u] * scale + dx, this.ground.anchor[2 * u + 1] * scale + dy, 3.5, 0, 2 * Math.PI);
      ctx.fill();
      ctx.stroke();
    }
  },

  // Sides between units of different zones, and the rim of the map.
  _borders(ctx, { scale, dx, dy }, clip) {
    const g = this.ground, z = this.state.zones;
    ctx.beginPath();
    for (let i = 0; i < g.between.length / 2; i++) {
      const a = g.between[2 * i], b = g.between[2 * i + 1];
      if (b !== a && z[a] === z[b]) { continue; }
      const x = g.side[4 * i] * scale + dx, y = g.side[4 * i + 1] * scale + dy;
      const xx = g.side[4 * i + 2] * scale + dx, yy = g.side[4 * i + 3] * scale + dy;
      if (Math.max(x, xx) < clip.min.x || Math.min(x, xx) > clip.max.x ||
          Math.max(y, yy) < clip.min.y || Math.min(y, yy) > clip.max.y) { continue; }
      ctx.moveTo(x, y);
      ctx.lineTo(xx, yy);
    }
    ctx.strokeStyle = "#374151";
    ctx.lineWidth = 1.6;
    ctx.stroke();
  },

  _lines(ctx, { scale, dx, dy }) {
    for (const { layer, style, from, to } of this.ground.lines) {
      if (!this.state.lines || this._hides(layer)) { continue; }
      ctx.beginPath();
      for (let l = from; l < to; l++) {
        for (let p = this.ground.line[l]; p < this.ground.line[l + 1]; p++) {
          const x = this.ground.line_xy[2 * p] * scale + dx, y = this.ground.line_xy[2 * p + 1] * scale + dy;
          if (p === this.ground.line[l]) { ctx.moveTo(x, y); } else { ctx.lineTo(x, y); }
        }
      }
      ctx.strokeStyle = style.color;
      ctx.lineWidth = style.weight;
      ctx.globalAlpha = style.opacity ?? 0.9;
      ctx.setLineDash(style.dashArray ? String(style.dashArray).split(/[ ,]+/).map(Number) : []);
      ctx.stroke();
    }
    ctx.setLineDash([]);
    ctx.globalAlpha = 1;
  },
});
