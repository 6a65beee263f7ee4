/* The chart: uPlot draws points, intervals and levels; changes, tags and breaks are drawn over them. */
(function () {
  const floor = 0.12; // of the value, as in the small pictures
  const colours = 6;
  const dashes = [[], [7, 4], [2, 3]];

  /* A colour as the style sheet has it now; a probe resolves light and dark. */
  function colour(name) {
    const probe = document.body.appendChild(bench.make("i", { hidden: true }));
    probe.style.color = "var(--" + name + ")";
    const found = getComputedStyle(probe).color;
    probe.remove();
    return found;
  }

  function faint(found, alpha) {
    return found.replace(/^rgba?\(([^,]+),([^,]+),([^,)]+).*$/, "rgba($1,$2,$3," + alpha + ")");
  }

  function finite(values, first, last) {
    return values.slice(first, last + 1).filter((value) => Number.isFinite(value));
  }

  /* The range of values: everything in view; unless outliers are wanted, not those far beyond the rest. */
  function range(frame, flags, first, last) {
    const all = frame.series.flatMap((one) => finite(one.value, first, last)).sort((a, b) => a - b);
    if (!all.length) return [1, 2];
    const steps = frame.series.flatMap((one) => finite(one.level, first, last));
    const edge = Math.floor(all.length / 50);
    const band = flags.interval ? [usual(frame, "below", 0.1, first, last), usual(frame, "above", 0.9, first, last)] : [];
    const core = [...steps, ...band, all[edge], all[all.length - 1 - edge]];
    let [low, high] = [Math.min(...core), Math.max(...core)];
    const room = flags.outliers ? Infinity : Math.max(high - low, floor * Math.abs(low + high) / 4);
    low = Math.max(Math.min(all[0], low), low - room);
    high = Math.min(Math.max(all[all.length - 1], high), high + room);
    const middle = (low + high) / 2;
    const reach = Math.max(high - low, floor * Math.abs(middle), 1e-300) * 0.54;
    if (flags.log && low > 0) return [low / 1.05, high * 1.05];
    const bottom = low >= 0 ? Math.max(0, middle - reach) : middle - reach;
    return [flags.zero ? Math.min(0, bottom) : bottom, flags.zero ? Math.max(0, middle + reach) : middle + reach];
  }

  /* An end of the interval that all but the widest reach of each series. */
  function usual(frame, part, share, first, last) {
    const ends = frame.series.flatMap((one) => {
      const sorted = finite(one[part], first, last).sort((a, b) => a - b);
      return sorted.length ? [sorted[Math.floor(share * (sorted.length - 1))]] : [];
    });
    return part === "below" ? Math.min(...ends) : Math.max(...ends);
  }

  function axes(frame, unit, ink, line) {
    const shared = { stroke: ink, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 }, font: "12px system-ui, sans-serif" };
    return [
      { ...shared, grid: { show: false }, space: 110, size: 38, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000],
        values: (_, splits) => places(frame, splits) },
      { ...shared, splits: (_, __, low, high) => splits(low, high), filter: (_, found) => found, size: (_, values) => 18 + 7 * Math.max(4, ...(values || []).map((text) => text.length)), values: (plot, splits) => ticks(splits, unit) },
    ];
  }

  /* The date of a commit, or its sha where the date would be that of the one before; of a window the minute. */
  function places(frame, splits) {
    const commits = splits.map((at) => (at in frame.revisions ? bench.commit(frame.revisions[at]) : null));
    const days = commits.map((one) => (one ? bench.date(one) : ""));
    if (bench.minutes) return days.map((day) => day.slice(5));
    return commits.map((one, at) => (one && days[at] === days[at - 1] ? one.sha.slice(0, 8) : days[at]));
  }

  /* Round values for the axis: even steps, or 1, 2, 5 in each power where the range spans several. */
  function splits(low, high) {
    if (low > 0 && high / low > 30) {
      const found = [];
      for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power += 1) {
        found.push(...[1, 2, 5].map((digit) => Number(digit + "e" + power)));
      }
      return found.filter((value) => value >= low && value <= high);
    }
    const rough = (high - low) / 7;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = power * [1, 2, 2.5, 5, 10].find((digit) => digit * power >= rough);
    const first = Math.ceil(low / step - 1e-9);
    return Array.from({ length: Math.floor(high / step + 1e-9) - first + 1 }, (_, at) => (first + at) * step);
  }

  /* One unit for the whole axis, and as many digits as tell neighbours apart. */
  function ticks(splits, unit) {
    const known = splits.filter((value) => Number.isFinite(value));
    const [divisor, label] = bench.units.scale(unit, Math.max(...known.map(Math.abs)));
    const step = Math.abs(known[1] - known[0]) / divisor || 1;
    const exact = (digits) => Math.abs(step * 10 ** digits - Math.round(step * 10 ** digits)) < 1e-6 * step * 10 ** digits;
    const places = Array.from({ length: 10 }, (_, digits) => digits).find(exact) ?? 10;
    const text = label.length > 6 ? "" : " " + label;
    return splits.map((value) => (Number.isFinite(value) ? (value / divisor).toFixed(places) + text : ""));
  }

  function lines(frame, flags) {
    const series = [{}];
    const bands = [];
    frame.series.forEach((one, at) => {
      const stroke = colour("c" + (at % colours));
      const first = series.length;
      const edge = { scale: "y", stroke: "transparent", width: 0, points: { show: false } };
      const breaks = (plot, _, from, to, gaps) => [...gaps, ...brokenGaps(plot, frame, one.one.breaks)];
      series.push({
        scale: "y", show: flags.points, stroke, width: 1, paths: () => null,
        points: { show: true, size: 4, stroke: faint(stroke, 0.65), fill: faint(stroke, 0.65), width: 0 },
      });
      series.push({ ...edge, gaps: breaks }, { ...edge, gaps: breaks });
      series.push({
        scale: "y", stroke, width: 2, dash: dashes[Math.floor(at / colours)] || [], points: { show: false }, gaps: breaks,
        paths: uPlot.paths.stepped({ align: 1 }),
      });
      if (flags.interval) bands.push({ series: [first + 2, first + 1], fill: faint(stroke, 0.18) });
    });
    return { series, bands };
  }

  /* Nothing is joined across a new version of the benchmark. */
  function brokenGaps(plot, frame, breaks) {
    return breaks.map((revision) => frame.revisions.findIndex((one) => one >= revision)).filter((at) => at > 0)
      .map((at) => [plot.valToPos(at - 1, "x", true), plot.valToPos(at, "x", true)]);
  }

  function place(frame, revision) {
    return frame.revisions.findIndex((one) => one >= revision);
  }

  /* Vertical lines with a word: tags below, changes above; a word that would cover another is left out. */
  function upright(plot, marks, above) {
    const { ctx, bbox } = plot;
    const ratio = devicePixelRatio;
    let free = -Infinity;
    ctx.save();
    ctx.textAlign = "left";
    ctx.textBaseline = "alphabetic";
    ctx.lineWidth = ratio;
    ctx.font = 11 * ratio + "px system-ui, sans-serif";
    for (const mark of [...marks].sort((a, b) => a.at - b.at)) {
      const x = Math.floor(plot.valToPos(mark.at, "x", true)) + 0.5;
      if (mark.at < 0 || x < bbox.left || x > bbox.left + bbox.width) continue;
      ctx.strokeStyle = mark.line;
      ctx.fillStyle = mark.colour;
      ctx.setLineDash((above ? [4, 3] : []).map((length) => length * ratio));
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
      const width = ctx.measureText(mark.text).width;
      const left = above ? Math.min(Math.max(x - width / 2, bbox.left), bbox.left + bbox.width - width) : x + 4 * ratio;
      if (left < free || left + width > bbox.left + bbox.width + 1) continue;
      ctx.fillText(mark.text, left, above ? bbox.top - 6 * ratio : bbox.top + bbox.height - 5 * ratio);
      free = left + width + 6 * ratio;
    }
    ctx.restore();
  }

  function changeMarks(frame) {
    const seen = new Map();
    for (const { one } of frame.series) {
      for (const [revision, text, worse] of one.changes) {
        const mark = { at: place(frame, revision), text: (text.startsWith("-") ? "▼ " : "▲ ") + text.replace("-", "−"), colour: colour(worse ? "worse" : "better"), line: colour("mark") };
        if (!seen.has(revision)) seen.set(revision, mark);
      }
    }
    return [...seen.values()];
  }

  function tagMarks(view, frame) {
    const tags = view.page.tags.map(([revision, text]) => ({ at: place(frame, revision), text, colour: colour("quiet"), line: faint(colour("edge"), 0.5) }));
    const breaks = frame.series.flatMap(({ one }) => one.breaks)
      .map((revision) => ({ at: place(frame, revision), text: "measured anew", colour: colour("quiet"), line: colour("mark") }));
    return [...tags, ...breaks];
  }

  bench.chart = function (view, frame, place_, hooks) {
    const { series, bands } = lines(frame, view.flags);
    const data = [frame.revisions.map((_, at) => at), ...frame.series.flatMap((one) => [one.value, one.below, one.above, one.level])];
    const [changes, tags] = [changeMarks(frame), tagMarks(view, frame)];
    const options = {
      width: place_.clientWidth, height: Math.max(300, Math.min(420, place_.clientWidth * 0.6)),
      legend: { show: false }, padding: [22, 38, 0, 0], series, bands,
      axes: axes(frame, view.page.unit, colour("quiet"), colour("line")),
      scales: {
        x: { time: false, range: (_, low, high) => (low === high ? [low - 0.5, high + 0.5] : [low, high]) },
        y: {
          distr: view.flags.log && smallest(frame) > 0 ? 3 : 1,
          range: (plot) => range(frame, view.flags, ...(plot.series[0].idxs || [0, frame.revisions.length - 1])),
        },
      },
      cursor: { y: false, points: { show: false }, drag: { x: true, y: false, setScale: true }, focus: { prox: -1 } },
      hooks: {
        drawClear: [(plot) => upright(plot, tags, false)],
        draw: [(plot) => upright(plot, changes, true)],
        setCursor: [(plot) => hooks.cursor(plot.cursor.idx)],
        setScale: [(plot, name) => { if (name === "x") hooks.zoom(plot.scales.x.min, plot.scales.x.max); }],
      },
    };
    return new uPlot(options, data, place_);
  };

  function smallest(frame) {
    return Math.min(...frame.series.flatMap((one) => finite(one.value, 0, one.value.length)));
  }
})();
