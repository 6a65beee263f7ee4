/* The search field: "/" goes there, arrows choose, Enter opens. */
(function () {
  const most = 12;

  /* Names that hold all words, those where a word starts a part first. */
  function matches(text) {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    if (!words.length) return [];
    return bench.data.names
      .map(([name, page]) => ({ name, page, low: name.toLowerCase() }))
      .filter((one) => words.every((word) => one.low.includes(word)))
      .sort((a, b) => rank(a.low, words[0]) - rank(b.low, words[0]) || a.name.length - b.name.length)
      .slice(0, most);
  }

  function rank(name, word) {
    const at = name.indexOf(word);
    return at === 0 || "._".includes(name[at - 1]) ? 0 : 1;
  }

  bench.ready(() => {
    const field = document.getElementById("find");
    const list = document.getElementById("found");
    let chosen = -1;

    function choose(index) {
      const options = [...list.children];
      chosen = options.length ? (index + options.length) % options.length : -1;
      options.forEach((option, at) => option.setAttribute("aria-selected", String(at === chosen)));
      if (chosen >= 0) field.setAttribute("aria-activedescendant", options[chosen].id);
      else field.removeAttribute("aria-activedescendant");
    }

    function close() {
      list.hidden = true;
      field.setAttribute("aria-expanded", "false");
      choose(-1);
    }

    function update() {
      list.replaceChildren(...matches(field.value).map((one, at) => bench.make(
        "li", { role: "option", id: "found" + at, "aria-selected": "false" },
        bench.make("a", { href: bench.root + "b/" + one.page + ".html", tabindex: "-1" }, bench.make("bdi", {}, one.name)),
      )));
      list.hidden = !list.children.length;
      field.setAttribute("aria-expanded", String(!list.hidden));
      if (list.hidden) choose(-1); else choose(0);
    }

    field.addEventListener("focus", () => bench.load("data/names.js").then(update));
    field.addEventListener("input", update);
    field.addEventListener("blur", () => setTimeout(close, 200));
    field.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown") choose(chosen + 1);
      else if (event.key === "ArrowUp") choose(chosen - 1);
      else if (event.key === "Escape") { close(); field.blur(); }
      else if (event.key === "Enter" && chosen >= 0) list.children[chosen].firstChild.click();
      else return;
      event.preventDefault();
    });
    document.addEventListener("keydown", (event) => {
      const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName);
      if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      field.focus();
    });
  });
})();
