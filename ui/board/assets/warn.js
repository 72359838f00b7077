// What the plan breaks while it is painted, each warning with the name of its rule. Those of the rules that the
// draft's search had come from Python with the totals: they go by groups, sizes and the plan in force.

Object.assign(Board.prototype, {
  _warn() {
    if (!this.warnings) {
      this.warnings = L.DomUtil.create("ul", "hp-board-warnings");
      this.foot.after(this.warnings);  // below the map: above it, a new warning would move the map under the brush
      this.warnings.setAttribute("role", "status");
    }
    const said = [this._over(), this._of("cut_off", this.state.cut.size), this._of("unassigned", this._bare()),
      this._of("lock_broken", this.kept.size), ...this.data.broken, ...this._far()].filter(Boolean);
    if (JSON.stringify(said) === this.warned) { return; }
    this.warned = JSON.stringify(said);
    this.warnings.replaceChildren(...said.map((text) => Object.assign(document.createElement("li"), { textContent: text })));
  },

  // The limits on distance of this stage and year: sent once, beside the board; null until they are there.
  _limits() {
    const held = (window.huapianLayers || {}).limits, { stage, year } = this.data.on;
    const own = [stage, year, this.data.zones.length, this.data.zone.length];
    if (!held || JSON.stringify(held.on) !== JSON.stringify(own)) { return null; }
    if (this.limits?.held !== held) {
      const rules = held.rules.map(({ said, bits }) => ({ said, bits: Uint8Array.from(atob(bits), (c) => c.charCodeAt(0)) }));
      this.limits = { held, rules };
    }
    return this.limits.rules;
  },

  _beyond({ bits }, u) {
    const zone = this.state.zones[u];
    if (zone === LOOSE) { return false; }
    const at = zone * this.state.zones.length + u;
    return Boolean(bits[at >> 3] & (1 << (at & 7)));
  },

  // Rules on distance that units just painted break where children live; with how many do in the whole plan.
  _far() {
    const rules = this.fresh.size ? this._limits() || [] : [];
    return rules.map((rule) => {
      const breaks = (u) => this.data.demand[u] > 0 && this._beyond(rule, u);
      const n = [...this.fresh].filter(breaks).length;
      if (!n) { return ""; }
      let all = 0;
      for (let u = 0; u < this.state.zones.length; u++) { if (breaks(u)) { all += 1; } }
      return rule.said.replace("{n}", n).replace("{all}", all);
    });
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
