/* Joins view, facets, chart, keyboard and readout on the page of a benchmark. */
(function () {
  const { make, units } = bench;

  class HistoryPage {
    constructor(header) {
      this.files = header.files;
      this.page = header.page;
      bench.minutes = Boolean(this.page.windows); // a window of production is read by its minute
      this.view = new bench.View(this.page);
      this.place = document.getElementById("chart");
      this.readout = document.getElementById("readout");
      this.points = document.getElementById("points");
      this.plot = null;
      this.at = null;
      this.settled = false;
      this.listen();
    }

    listen() {
      this.place.addEventListener("keydown", (event) => this.key(event));
      document.addEventListener("themechange", () => this.draw());
      addEventListener("hashchange", () => { this.view.read(); this.show(); });
      new ResizeObserver(() => {
        if (this.plot && Math.abs(this.plot.width - this.place.clientWidth) > 1) {
          this.plot.setSize({ width: this.place.clientWidth, height: this.plot.height });
        }
      }).observe(this.place);
      const csv = document.getElementById("csv");
      csv.addEventListener("click", () => {
        const text = bench.csv(this.view, this.frame, this.ends());
        csv.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
        csv.download = location.pathname.split("/").pop().replace(/\.html$/, "") + ".csv";
      });
      const button = document.getElementById("tabulate");
      button.addEventListener("click", () => {
        this.points.hidden = !this.points.hidden;
        button.setAttribute("aria-expanded", String(!this.points.hidden));
        this.tabulate();
      });
    }

    /* Loads what the chosen series need, then draws. */
    async show() {
      const paths = new Set([...this.page.commits, ...this.view.visible().flatMap((one) => one.in)]);
      await Promise.all([...paths].map((path) => bench.load(path, this.files[path])));
      bench.facets(this.view, document.getElementById("facets"), () => { this.view.write(); this.show(); });
      this.draw();
    }

    draw() {
      if (this.plot) this.plot.destroy();
      this.settled = false;
      this.frame = bench.frame(this.view.visible());
      this.at = null;
      this.plot = bench.chart(this.view, this.frame, this.place, {
        cursor: (at) => this.tell(at),
        zoom: (low, high) => this.zoomed(low, high),
      });
      this.zoom(...this.wanted());
      queueMicrotask(() => { this.settled = true; }); // after uPlot's own: what follows is the reader's doing
      this.tell(null);
      this.tabulate();
    }

    /* The first and last position in view that the address asks for. */
    wanted() {
      const end = this.frame.revisions.length - 1;
      if (this.view.range) {
        const [from, to] = this.view.range;
        const first = this.frame.revisions.findIndex((one) => one >= from);
        const last = this.frame.revisions.findLastIndex((one) => one <= to);
        if (first >= 0 && last > first) return [first, last];
      }
      return [this.view.last ? Math.max(0, end - this.view.last + 1) : 0, Math.max(0, end)];
    }

    zoom(first, last) {
      this.plot.setScale("x", { min: first, max: last });
    }

    zoomed(low, high) {
      if (!this.settled || !this.plot) return;
      const end = this.frame.revisions.length - 1;
      const [first, last] = [Math.max(0, Math.round(low)), Math.min(end, Math.round(high))];
      const whole = first <= 0 && last >= end;
      this.view.range = whole ? null : [this.frame.revisions[first], this.frame.revisions[last]];
      if (whole) this.view.last = 0;
      this.view.write();
      this.tabulate();
    }

    ends() {
      const { min, max } = this.plot.scales.x;
      return [Math.round(min), Math.round(max)];
    }

    key(event) {
      const steps = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10 };
      const [first, last] = this.ends();
      let next;
      if (event.key in steps) next = (this.at === null ? last + (steps[event.key] > 0 ? 0 : 1) : this.at) + steps[event.key];
      else if (event.key === "Home") next = first;
      else if (event.key === "End") next = last;
      else if (event.key === "Escape") { this.zoom(0, this.frame.revisions.length - 1); return; }
      else return;
      event.preventDefault();
      this.move(Math.min(this.frame.revisions.length - 1, Math.max(0, next)));
    }

    /* Puts the cursor on a commit, and takes the view along where it is outside. */
    move(at) {
      const [first, last] = this.ends();
      const shift = at < first ? at - first : at > last ? at - last : 0;
      if (shift) this.zoom(first + shift, last + shift);
      this.at = at;
      this.plot.setCursor({ left: this.plot.valToPos(at, "x"), top: 20 });
      this.tell(at);
    }

    /* What is under the cursor; without one the newest number of each series, which is also the legend. */
    tell(at) {
      if (at !== null && at !== undefined) this.at = at;
      const shown = at === null || at === undefined ? null : bench.commit(this.frame.revisions[at]);
      const head = shown
        ? make("p", {}, bench.commitLink(shown), " ", bench.date(shown), " ", make("bdi", {}, shown.subject))
        : make("p", { class: "quiet" }, "The newest numbers:");
      const values = this.frame.series.map((one, index) => this.value(one, index, shown ? at : newest(one)));
      const left = this.view.matching().length - this.frame.series.length;
      if (left > 0) values.push(make("span", { class: "quiet" }, left + " further series match; choose fewer values to see them."));
      this.readout.replaceChildren(head, make("div", { class: "values" }, ...values));
    }

    value(one, index, at) {
      const value = at === null ? undefined : one.value[at];
      const margin = value ? units.margin((50 * (one.high[at] - one.low[at])) / Math.abs(value)) : "";
      const dash = Math.floor(index / 6);
      return make("span", {},
        make("span", { class: "line c" + (index % 6) + (dash ? " dash" + dash : ""), "aria-hidden": "true" }), " ",
        make("bdi", {}, this.view.label(one.one)), " ",
        make("b", {}, at === null || value === undefined ? "not measured" : bench.number(one, at, this.page)),
        margin ? make("small", {}, " " + margin) : null);
    }

    tabulate() {
      if (!this.points.hidden) this.points.replaceChildren(...bench.pointTable(this.view, this.frame, this.ends()));
    }
  }

  function newest(one) {
    const at = one.value.findLastIndex((value) => Number.isFinite(value));
    return at < 0 ? null : at;
  }

  bench.ready(() => {
    const header = document.getElementById("header");
    if (!header) return;
    if (!window.uPlot) {
      document.getElementById("figure").classList.add("shown");
      return;
    }
    bench.history = new HistoryPage(JSON.parse(header.textContent));
    bench.history.show();
  });
})();
