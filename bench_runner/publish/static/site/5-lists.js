/* Ages, filters, unfolding, copying: small things that lists do. */
(function () {
  const day = 86400000;

  function age(ms) {
    const days = Math.floor((Date.now() - ms) / day);
    if (!Number.isFinite(days) || days < 0) return "";
    if (days < 1) return "today";
    if (days < 14) return days === 1 ? "yesterday" : days + " days ago";
    if (days < 70) return Math.round(days / 7) + " weeks ago";
    return days < 700 ? Math.round(days / 30.4) + " months ago" : Math.round(days / 365) + " years ago";
  }

  function ages() {
    for (const time of document.querySelectorAll("time")) {
      const told = age(Date.parse(time.dateTime));
      time.title = time.dateTime.replace("T", " ").replace("Z", " UTC") + (told ? ", " + told : "");
      if (told && time.classList.contains("age")) {
        time.after(" ", bench.make("span", { class: "quiet" }, "(" + told + ")"));
      }
    }
  }

  /* The landing page: worse or better, and one machine or all; kept in the address. */
  function changes() {
    const buttons = [...document.querySelectorAll("[data-show], .chips [data-machine]")];
    if (!buttons.length) return;
    const state = new URLSearchParams(location.hash.slice(1));
    const pressed = (button) => (button.dataset.show
      ? button.dataset.show === (state.get("show") || "all")
      : button.dataset.machine === state.get("machine"));

    function apply() {
      const way = state.get("show") || "all";
      const machine = state.get("machine");
      buttons.forEach((button) => button.setAttribute("aria-pressed", String(pressed(button))));
      for (const group of document.querySelectorAll(".group")) {
        const rows = [...group.querySelectorAll("tbody tr")];
        rows.forEach((row) => { row.hidden = way !== "all" && row.dataset.way !== way; });
        const here = machine === null || group.dataset.machines.split(" ").includes(machine);
        group.hidden = !here || rows.every((row) => row.hidden);
        if (way !== "all") group.classList.add("open");
      }
      document.querySelector(".nothing").hidden = Boolean(document.querySelector(".group:not([hidden])"));
    }

    for (const button of buttons) {
      button.addEventListener("click", () => {
        const [key, value] = button.dataset.show ? ["show", button.dataset.show] : ["machine", button.dataset.machine];
        if (value === "all" || state.get(key) === value) state.delete(key);
        else state.set(key, value);
        history.replaceState(null, "", state.size ? "#" + state : location.pathname + location.search);
        apply();
      });
    }
    apply();
  }

  function unfolding() {
    for (const button of document.querySelectorAll("[data-expand]")) {
      button.addEventListener("click", () => {
        const group = button.closest(".group");
        group.classList.add("open");
        button.parentElement.remove();
        group.querySelector(".more a").focus();
      });
    }
  }

  function filtering() {
    const field = document.getElementById("filter");
    if (!field) return;
    const bodies = [...document.querySelectorAll("tbody[data-name]")];
    const told = document.getElementById("filtered");
    const state = new URLSearchParams(location.hash.slice(1));
    field.value = state.get("filter") || "";

    function apply() {
      const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
      bodies.forEach((body) => { body.hidden = !words.every((word) => body.dataset.name.toLowerCase().includes(word)); });
      for (const folder of document.querySelectorAll(".folder")) {
        folder.hidden = !folder.querySelector("tbody:not([hidden])");
        if (words.length) folder.open = true;
      }
      told.textContent = words.length ? bodies.filter((body) => !body.hidden).length + " of " + bodies.length : "";
      const hash = words.length ? "#" + new URLSearchParams({ filter: field.value }) : "";
      history.replaceState(null, "", hash || location.pathname + location.search);
    }

    field.addEventListener("input", apply);
    if (field.value) apply();
  }

  function copying() {
    for (const code of document.querySelectorAll("code.copy")) {
      const button = bench.make("button", { type: "button" }, "copy");
      button.addEventListener("click", () => {
        getSelection().selectAllChildren(code);
        const done = () => { button.textContent = "copied"; };
        if (navigator.clipboard) navigator.clipboard.writeText(code.textContent).then(done, () => {});
      });
      code.after(button);
    }
  }

  bench.ready(() => { ages(); changes(); unfolding(); filtering(); copying(); });
})();
