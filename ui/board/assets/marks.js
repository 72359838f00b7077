// Words and symbols of the schools. They change a little with every stroke: what stands is changed where it
// stands, as markers made afresh would flicker and fill the tab's memory.

Object.assign(Board.prototype, {
  _labels() {
    const items = this.data.zone.flatMap((zone, i) => {
      if (!zone.at) { return []; }
      return [[zone.at[0], zone.at[1], zone.name + this._share(i), this._full(i) ? "hp-below hp-over" : "hp-below", 0]];
    });
    const text = JSON.stringify(items);
    if (text === this.worded) { return; }
    this.worded = text;
    if (this.labels && huapian.reword(this.labels, items)) { return; }
    if (this.labels) { this.labels.remove(); }
    this.labels = huapian.labels(items).addTo(this.map);
  },

  // Schools that stay where they are keep their markers, and only pictures that differ are drawn again.
  _schools() {
    const schools = this.data.schools, was = this.pictured || [], there = this.pictures.getLayers();
    this.pictured = schools;
    const place = ([lat, lon, , , name, zone]) => JSON.stringify([lat, lon, name, zone]);
    if (was.length === schools.length && was.every((school, i) => place(school) === place(schools[i]))) {
      schools.forEach((school, i) => {
        if (school[2] !== was[i][2]) { there[i].setIcon(this._icon(school)); }
      });
      return;
    }
    this.pictures.clearLayers();
    for (const school of schools) { this._mark(school); }
  },

  _icon([, , svg, size]) {
    return L.divIcon({ className: "hp-symbol", html: svg, iconSize: [size, size], iconAnchor: [size / 2, size / 2] });
  },

  _mark(school) {
    const [lat, lon, , , name, zone] = school;
    const marker = L.marker([lat, lon], { icon: this._icon(school), keyboard: false, title: name }).addTo(this.pictures);
    marker.on("click", () => {
      if (zone < 0) { return; }
      this.target = zone;
      if (this.tool === "pan") { this._use("brush"); }
      this._bar();
    });
  },
});
