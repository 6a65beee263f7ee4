/* Light, dark, or as the system has it; set before the page is painted. */
(function () {
  const names = ["auto", "light", "dark"];
  const html = document.documentElement;
  html.classList.add("scripts");

  function stored() {
    try { return localStorage.getItem("bench-theme"); } catch { return null; }
  }

  function apply(name) {
    if (name === "light" || name === "dark") html.dataset.theme = name;
    else delete html.dataset.theme;
    document.dispatchEvent(new Event("themechange"));
  }

  let current = names.includes(stored()) ? stored() : "auto";
  apply(current);
  bench.ready(() => {
    const button = document.getElementById("theme");
    const tell = () => { button.textContent = "Theme: " + current; };
    tell();
    button.addEventListener("click", () => {
      current = names[(names.indexOf(current) + 1) % names.length];
      try { localStorage.setItem("bench-theme", current); } catch { /* not kept, but applied */ }
      apply(current);
      tell();
    });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => apply(current));
  });
})();
