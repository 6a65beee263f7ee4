/* The shown points side by side: one column for each commit, and for each series its points, levels and interval. */
(function () {
  /* Revisions that any shown series has, and each series' values at them; undefined where it has none. */
  bench.frame = function (visible) {
    const points = visible.map((one) => bench.data.points.get(one.id) || new Map());
    const revisions = [...new Set(points.flatMap((some) => [...some.keys()]))].sort((a, b) => a - b);
    const column = (some, part) => revisions.map((revision) => {
      const point = some.get(revision);
      return point === undefined ? undefined : point && (part === undefined ? point : point[part]);
    });
    return {
      revisions,
      series: visible.map((one, at) => ({
        one,
        value: column(points[at], 0),
        low: column(points[at], 1),
        high: column(points[at], 2),
        ...band(column(points[at])),
        level: levels(one.levels, revisions),
      })),
    };
  };

  /* The band that is drawn: the interval where it is known and says something; null leaves a gap. */
  function band(points) {
    const sure = points.map((point) => point && (narrow(...point) ? point : null));
    return { below: sure.map((point) => point && point[1]), above: sure.map((point) => point && point[2]) };
  }

  function narrow(value, low, high) {
    return low !== null && (high - low) / 2 <= Math.abs(value);
  }

  function levels(known, revisions) {
    let at = 0;
    return revisions.map((revision) => {
      while (at < known.length && known[at][1] < revision) at += 1;
      return at < known.length && known[at][0] <= revision ? known[at][2] : undefined;
    });
  }

  bench.commit = function (revision) {
    return bench.data.commits.get(revision) || { revision, time: NaN, sha: "", subject: "revision " + revision };
  };

  bench.date = function (commit) {
    return Number.isFinite(commit.time) ? new Date(commit.time).toISOString().slice(0, bench.minutes ? 16 : 10).replace("T", " ") : "";
  };
})();
