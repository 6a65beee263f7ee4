/* What of a benchmark is shown: facets and options, kept in the address so that every view is a link. */
"use strict";
(function () {
  const most = 12; // lines that can still be told apart
  const flags = { interval: true, points: true, log: false, zero: false, outliers: false };

  /* The name of a facet in the address. */
  function key(facet) {
    return facet.kind === "param" ? "p." + facet.name : facet.kind;
  }

  class View {
    constructor(page) {
      this.page = page;
      this.chosen = page.facets.map(() => new Set());
      this.flags = { ...flags };
      this.last = 0;
      this.range = null;
      this.read();
    }

    /* All machines and environments of one case: the linked one, else the first. */
    defaults(series) {
      return this.page.facets.map((facet, at) => new Set(
        facet.kind === "param" ? [series ? series.at[at] : 0] : facet.values.map((_, index) => index),
      ));
    }

    read() {
      const query = new URLSearchParams(location.hash.slice(1));
      const linked = this.page.series.find((one) => one.id === query.get("s"));
      this.chosen = this.defaults(linked || this.page.series[0]);
      this.page.facets.forEach((facet, at) => {
        const wanted = query.getAll(key(facet)).map((value) => facet.values.indexOf(value)).filter((index) => index >= 0);
        if (wanted.length) this.chosen[at] = new Set(wanted);
      });
      for (const name of Object.keys(flags)) {
        if (query.has(name)) this.flags[name] = query.get(name) === "1";
      }
      this.last = Number(query.get("last")) || 0;
      const ends = (query.get("range") || "").split("-").map(Number);
      this.range = ends.length === 2 && ends.every(Number.isFinite) && ends[0] < ends[1] ? ends : null;
    }

    write() {
      const query = new URLSearchParams();
      const usual = this.defaults(this.page.series[0]);
      this.page.facets.forEach((facet, at) => {
        const same = usual[at].size === this.chosen[at].size && [...usual[at]].every((index) => this.chosen[at].has(index));
        if (!same) for (const index of [...this.chosen[at]].sort((a, b) => a - b)) query.append(key(facet), facet.values[index]);
      });
      for (const [name, value] of Object.entries(flags)) {
        if (this.flags[name] !== value) query.set(name, this.flags[name] ? "1" : "0");
      }
      if (this.last) query.set("last", this.last);
      if (this.range) query.set("range", this.range.join("-"));
      history.replaceState(null, "", String(query) ? "#" + query : location.pathname + location.search);
    }

    matching() {
      return this.page.series.filter((one) => one.at.every((value, at) => this.chosen[at].has(value)));
    }

    visible() {
      return this.matching().slice(0, most);
    }

    /* What tells a shown series from the other ones. */
    label(series) {
      const parts = this.page.facets.map((facet, at) => {
        if (facet.values.length < 2) return "";
        const value = facet.values[series.at[at]];
        return facet.kind === "param" ? facet.name + "=" + value : value;
      });
      return parts.filter(Boolean).join(" · ") || this.page.facets[0].values[series.at[0]];
    }
  }

  bench.View = View;
})();
