/* The controls above the chart. */
(function () {
  const { make } = bench;
  const few = 8; // values that are shown side by side; more become a list

  function group(name, ...children) {
    return make("fieldset", {}, make("legend", {}, make("bdi", {}, name)), ...children);
  }

  function box(text, checked, change) {
    const input = make("input", { type: "checkbox" });
    input.checked = checked;
    input.addEventListener("change", () => change(input));
    return make("label", {}, input, make("bdi", {}, text));
  }

  /* The last value of a facet stays: a chart of nothing helps nobody. */
  function boxes(view, facet, at, changed) {
    return facet.values.map((value, index) => box(value, view.chosen[at].has(index), (input) => {
      if (input.checked) view.chosen[at].add(index);
      else if (view.chosen[at].size > 1) view.chosen[at].delete(index);
      else input.checked = true;
      changed();
    }));
  }

  function choice(view, facet, at, changed) {
    const select = make("select", { "aria-label": facet.name },
      ...facet.values.map((value, index) => make("option", { value: String(index) }, value)));
    select.value = String(Math.min(...view.chosen[at]));
    select.addEventListener("change", () => { view.chosen[at] = new Set([Number(select.value)]); changed(); });
    return [select];
  }

  function flags(view, changed) {
    const names = { interval: "99 % interval", points: "points", outliers: "outliers", log: "log scale", zero: "from zero" };
    return Object.entries(names).map(([name, text]) => box(text, view.flags[name], (input) => {
      view.flags[name] = input.checked;
      changed();
    }));
  }

  function ends(view, changed) {
    const buttons = [[100, "last 100"], [250, "250"], [0, "all"]].map(([count, text]) => {
      const button = make("button", { type: "button", "aria-pressed": String(view.last === count && !view.range) }, text);
      button.addEventListener("click", () => { view.last = count; view.range = null; changed(); });
      return button;
    });
    return make("div", { class: "ends", role: "group", "aria-label": bench.minutes ? "Windows" : "Commits" }, ...buttons);
  }

  bench.facets = function (view, place, changed) {
    const groups = view.page.facets.map((facet, at) => {
      if (facet.values.length < 2) return null;
      return group(facet.name, ...(facet.values.length > few ? choice : boxes)(view, facet, at, changed));
    });
    const focused = [...place.querySelectorAll("input, select, button")].indexOf(document.activeElement);
    place.replaceChildren(...groups.filter(Boolean), group("Show", ...flags(view, changed)), ends(view, changed));
    if (focused >= 0) place.querySelectorAll("input, select, button")[focused].focus();
  };
})();
