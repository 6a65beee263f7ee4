/* Values for people, by the same prefixes as the pages. */
(function () {
  const seconds = [[1, "s"], [1e-3, "ms"], [1e-6, "μs"], [1e-9, "ns"]];
  const bytes = [[2 ** 30, "GiB"], [2 ** 20, "MiB"], [1024, "KiB"], [1, "B"]];
  const instructions = [[1e9, "G instructions"], [1e6, "M instructions"], [1e3, "k instructions"], [1, "instructions"]];
  const scales = { seconds, s: seconds, bytes, B: bytes, instructions };

  function scale(unit, value) {
    const steps = scales[unit];
    if (!steps) return [1, unit === "unit" ? "" : unit];
    return steps.find(([divisor]) => Math.abs(value) >= divisor * 0.9995) || steps[steps.length - 1];
  }

  function significant(value, digits) {
    if (value === 0 || !Number.isFinite(value)) return String(value);
    const size = Math.abs(Number(value.toPrecision(digits)));
    const places = digits - 1 - Math.floor(Math.log10(size) + 1e-12);
    if (size < 1e-4 || size >= 1e6) return value.toExponential(digits - 1);
    const factor = 10 ** Math.min(places, 0);
    return places >= 0 ? value.toFixed(Math.min(places, 20)) : String(Math.round(value * factor) / factor);
  }

  function show(value, unit, digits) {
    const [divisor, label] = scale(unit, value);
    return (significant(value / divisor, digits || 3) + " " + label).trim();
  }

  /* What has no noise, to its last digit: 1,002 calls; sizes, and what is too long, to five digits. */
  function exactly(value, unit) {
    if (!Number.isInteger(value) || Math.abs(value) >= (scales[unit] ? 1e4 : 1e12)) return show(value, unit, 5);
    const label = scale(unit, 0)[1];
    return (String(Math.abs(value)).replace(/\B(?=(\d{3})+$)/g, ",").replace(/^/, value < 0 ? "-" : "") + " " + label).trim();
  }

  /* Half an interval, given in percent of its value; one beyond the value says only that nothing is known. */
  function margin(half) {
    if (!(half >= 0.005)) return "";
    return half > 100 ? "±> 100 %" : "±" + significant(half, 2) + " %";
  }

  bench.units = { scale, significant, show, exactly, margin };
})();
