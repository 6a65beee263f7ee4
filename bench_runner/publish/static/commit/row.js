/* The page of a commit: everything that was measured there, as a table for each machine and environment. */
"use strict";
(function () {
  const { make, units } = bench;

  function interval(below, above) {
    const text = units.margin((below + above) / 200);
    return text && " " + text;
  }

  function line(run, table, at) {
    const [position, params] = table.c[at];
    const [page, name, unit] = table.b[position];
    return make("tr", {},
      make("th", { scope: "row" }, make("a", { href: bench.root + "b/" + page + ".html" }, make("bdi", {}, name)),
        params ? make("span", { class: "quiet" }, " ", make("bdi", {}, params)) : null),
      make("td", { class: "n" }, units.show(run.v[at], unit), make("small", {}, interval(run.l[at], run.h[at]))));
  }

  function block(run) {
    const table = bench.data.tables.get(run.t);
    if (!table) return null;
    const heads = [make("th", { scope: "col" }, "Case"), make("th", { scope: "col", class: "n" }, "Value")];
    return make("details", { class: "folder card", open: true },
      make("summary", {}, make("b", {}, make("bdi", {}, run.m)), " ",
        make("span", { class: "quiet" }, make("bdi", {}, run.e), " · " + run.v.length)),
      make("table", {}, make("thead", {}, make("tr", {}, ...heads)),
        make("tbody", {}, ...run.v.map((_, at) => line(run, table, at)))));
  }

  bench.ready(() => {
    const place = document.getElementById("row");
    const blocks = bench.data.rows.flatMap((row) => row.runs.map(block)).filter(Boolean);
    if (place && blocks.length) place.replaceChildren(...blocks);
  });
})();
