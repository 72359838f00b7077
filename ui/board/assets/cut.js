// A line across a zone: its units on the side away from its schools follow the line into the zone that is painted.

Object.assign(Board.prototype, {
  // Units that follow a drawn line of [x, y]; both ends of the line go on straight, so that it parts the map.
  across(trail) {
    const zone = this._crossed(trail), schools = this._spots(zone);
    if (!schools.length || trail.length < 2) { return []; }
    const line = this._endless(trail), g = this.ground;
    return [...this.state.zones.keys()].filter((u) => this.state.zones[u] === zone &&
      schools.every(([x, y]) => this._parted(line, g.anchor[2 * u], g.anchor[2 * u + 1], x, y)));
  },

  // Ask Python to part the unit that lies under the middle of a drawn line.
  part(trail) {
    const long = trail.map((p, i) => (i ? Math.hypot(p[0] - trail[i - 1][0], p[1] - trail[i - 1][1]) : 0));
    let left = long.reduce((sum, each) => sum + each, 0) / 2, i = 1;
    while (i < trail.length - 1 && left > long[i]) { left -= long[i++]; }
    const t = long[i] ? left / long[i] : 0, [a, b] = [trail[i - 1], trail[i]];
    const u = this.ground.at(a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1]));
    if (u < 0 || !left) { return this._say(this.words.no_split); }
    const line = trail.map((p) => this.pointer._latlng(p)).map(({ lat, lng }) => [lat, lng]);
    this.send("split", { unit: this.ground.ids[u], line });
  },

  // The zone that the line meets most units of, the painted one aside.
  _crossed(trail) {
    const units = new Set(), count = new Map();
    for (let i = 1; i < trail.length; i++) {
      for (const u of this.ground.under(...trail[i - 1], ...trail[i], 0)) { units.add(u); }
    }
    for (const u of units) {
      const zone = this.state.zones[u];
      if (zone !== LOOSE && zone !== this.target) { count.set(zone, (count.get(zone) || 0) + 1); }
    }
    return [...count].sort((a, b) => b[1] - a[1] || a[0] - b[0]).map((pair) => pair[0])[0];
  },

  _spots(zone) {
    return this.data.schools.filter((school) => school[5] === zone).map(([lat, lon]) => {
      const p = this.map.project([lat, lon], 0), corner = this.ground.corner;
      return [p.x / 256 - corner[0], p.y / 256 - corner[1]];
    });
  },

  _endless(trail) {
    const first = trail[0], last = trail[trail.length - 1];
    const dx = last[0] - first[0], dy = last[1] - first[1], long = Math.hypot(dx, dy) || 1;
    const far = ([x, y], way) => [x + (way * dx) / long, y + (way * dy) / long];  // a whole world away
    return [far(first, -1), ...trail, far(last, 1)];
  },

  _parted(line, ax, ay, bx, by) {
    let parted = false;
    for (let i = 1; i < line.length; i++) {
      if (cross(ax, ay, bx, by, ...line[i - 1], ...line[i])) { parted = !parted; }
    }
    return parted;
  },
});
