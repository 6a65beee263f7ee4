/* What data scripts call, and how pages ask for them; works from disk, where fetch does not. */
"use strict";
(function () {
  const root = new URL("..", document.currentScript.src).href;
  const loading = new Map();
  const data = { commits: new Map(), points: new Map(), rows: [], tables: new Map(), names: [] };

  function sums(deltas) {
    let last = 0;
    return deltas.map((delta) => (delta === null ? null : (last += delta)));
  }

  function commits(chunk) {
    const revisions = sums(chunk.r);
    const times = sums(chunk.t);
    revisions.forEach((revision, at) => {
      data.commits.set(revision, { revision, time: times[at] * 1000, sha: chunk.s[at], subject: chunk.m[at] });
    });
  }

  function points(shelf) {
    for (const one of shelf) {
      const revisions = sums(one.r);
      const values = sums(one.v);
      const known = data.points.get(one.id) || new Map();
      values.forEach((value, at) => {
        const [below, above] = one.l ? [one.l[at], one.h[at]] : [0, 0];
        const ends = below === null ? [null, null] : [(value - below) * one.k, (value + above) * one.k];
        known.set(revisions[at], value === null ? null : [value * one.k, ...ends]);
      });
      data.points.set(one.id, known);
    }
  }

  /* Loads a data script once; resolves also when it cannot be had, and the page shows what there is. */
  function load(path, version) {
    if (!loading.has(path)) {
      loading.set(path, new Promise((resolve) => {
        const script = document.createElement("script");
        script.src = root + path + (version ? "?v=" + version : "");
        script.onload = script.onerror = () => resolve();
        document.head.append(script);
      }));
    }
    return loading.get(path);
  }

  window.bench = {
    root, data, load, commits, points,
    row: (row) => data.rows.push(row),
    table: (name, table) => data.tables.set(name, table),
    names: (names) => { data.names = names; },
    /* Makes an element; text is text, never markup. */
    make(tag, attributes, ...children) {
      const element = document.createElement(tag);
      for (const [name, value] of Object.entries(attributes || {})) {
        if (name in element && typeof value !== "string") element[name] = value;
        else element.setAttribute(name, value);
      }
      element.append(...children.filter((child) => child !== null && child !== undefined));
      return element;
    },
    ready(run) {
      if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", run);
      else run();
    },
  };
})();
