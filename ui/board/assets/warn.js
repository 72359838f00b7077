// What the plan breaks while it is painted, each warning with the name of its rule.

Object.assign(Board.prototype, {
  _warn() {
    if (!this.warnings) {
      this.warnings = L.DomUtil.create("ul", "hp-board-warnings");
      this.foot.after(this.warnings);  // below the map: above it, a new warning would move the map under the brush
      this.warnings.setAttribute("role", "status");
    }
    const said = [this._over(), this._of("cut_off", this.state.cut.size), this._of("unassigned", this._bare()),
      this._of("lock_broken", this.kept.size)].filter(Boolean);
    if (JSON.stringify(said) === this.warned) { return; }
    this.warned = JSON.stringify(said);
    this.warnings.replaceChildren(...said.map((text) => Object.assign(document.createElement("li"), { textContent: text })));
  },

  _of(rule, n) { return n ? this.data.rules[rule].replace("{n}", n) : ""; },

  _bare() { return this.state.zones.reduce((sum, zone) => sum + (zone === LOOSE), 0); },

  // How many zones have more entrants than their intake plan, and the one that has most.
  _over() {
    const over = this.data.zone.map((zone, i) => [zone.seats === null ? 0 : this.load[i] - zone.seats, zone.name])
      .filter(([more]) => more > 0).sort((a, b) => b[0] - a[0]);
    if (!over.length) { return ""; }
    const [more, name] = over[0];
    return this.data.rules.overload.replace("{n}", over.length).replace("{zone}", name).replace("{more}", more);
  },
});
