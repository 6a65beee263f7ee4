/* The shown points as a table and as CSV. */
(function () {
  const { make, units } = bench;
  const most = 500; // rows that a browser lays out at once

  function indices(frame, ends) {
    const found = [];
    for (let at = Math.max(0, ends[0]); at <= Math.min(frame.revisions.length - 1, ends[1]); at += 1) found.push(at);
    return found.reverse();
  }

  bench.pointTable = function (view, frame, ends) {
    const all = indices(frame, ends);
    const heads = ["Commit", "Date", "What", ...frame.series.map(({ one }) => view.label(one))];
    const body = all.slice(0, most).map((at) => {
      const commit = bench.commit(frame.revisions[at]);
      return make("tr", {},
        make("td", {}, link(commit)), make("td", {}, bench.date(commit)), make("td", {}, make("bdi", {}, commit.subject)),
        ...frame.series.map((one) => make("td", { class: "n" }, number(one, at, view.page))));
    });
    const table = make("table", {},
      make("thead", {}, make("tr", {}, ...heads.map((head, at) => make("th", { scope: "col", class: at > 2 ? "n" : "" }, make("bdi", {}, head))))),
      make("tbody", {}, ...body));
    return all.length > most ? [table, make("p", { class: "quiet" }, (all.length - most) + " older ones are in the CSV.")] : [table];
  };

  function link(commit) {
    if (!commit.sha) return "";
    return make("a", { class: "sha", href: bench.root + "c/" + commit.sha + ".html" }, commit.sha.slice(0, 8));
  }
  bench.commitLink = link;

  function number(one, at, page) {
    const value = one.value[at];
    if (value === undefined) return "";
    if (value === null) return "no number";
    return page.exact ? units.exactly(value, page.unit) : units.show(value, page.unit, 4);
  }
  bench.number = number;

  /* A cell; one that a spreadsheet would run is made text. */
  function cell(value) {
    const text = value === undefined || value === null ? "" : String(value);
    const safe = typeof value === "string" && /^[=+\-@\t\r]/.test(text) ? "'" + text : text;
    return /[",\n\r]/.test(safe) ? '"' + safe.replaceAll('"', '""') + '"' : safe;
  }

  bench.csv = function (view, frame, ends) {
    const heads = ["revision", "commit", "date", "subject",
      ...frame.series.flatMap(({ one }) => ["", " low", " high"].map((part) => view.label(one) + part))];
    const rows = indices(frame, ends).map((at) => {
      const commit = bench.commit(frame.revisions[at]);
      return [commit.revision, commit.sha, bench.date(commit), commit.subject,
        ...frame.series.flatMap((one) => [one.value[at], one.low[at], one.high[at]])];
    });
    return [heads, ...rows].map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
  };
})();
