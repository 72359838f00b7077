// How strokes go to Python: at once, or, while it still works on earlier ones, together when it has answered.

const PATIENCE = 6000;  // ms to wait for the first answer before strokes are sent again; then as answers take

Object.assign(Board.prototype, {
  // Send what is not yet acknowledged. While an answer is awaited strokes gather: a run for each of many quick
  // ones would be broken off by the next, no totals would come back, and the page would be drawn for nothing.
  _dispatch() { if (!this.sent) { this._send(); } },

  _send() {
    clearTimeout(this.again);
    if (!this.queue.length) { return; }
    this.sent = this.last;
    this.tries = (this.tries || 0) + 1;
    this.send("queue", { client: this.client, tries: this.tries, items: this.queue });
    this.went = performance.now();
    this.again = setTimeout(() => this._send(), (this.patience || PATIENCE) * Math.min(this.tries, 4));
  },

  // Python has answered: drop what it has dealt with, send what has gathered since.
  _answered(done) {
    this.queue = this.queue.filter((item) => item.n > done);
    if (!this.sent || this.sent > done) { return; }
    if (this.tries === 1) { this.patience = Math.max(2500, 3 * (performance.now() - this.went)); }
    this.tries = 0;
    clearTimeout(this.again);
    this.sent = 0;
    if (this.queue.length) { setTimeout(() => this._dispatch(), 0); }  // not in the midst of an update
  },

  // Nothing gathers where the planner turns away from the board: the next click may close it.
  _watched() {
    const turned = (event) => { if (!this.root.contains(event.target)) { this._flush(); } };
    for (const kind of ["pointerdown", "keydown"]) { document.addEventListener(kind, turned, true); }
    document.addEventListener("visibilitychange", () => { if (document.hidden) { this._flush(); } });
  },

  _flush() { if (this.queue.length && this.last > (this.sent || 0)) { this._send(); } },
});
