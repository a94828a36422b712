// Before the first paint: the theme that the reader chose, or the system's.
const chosen = (() => {
  try { return localStorage.getItem("tp1-theme"); } catch { return null; }
})();
const dark = chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
document.documentElement.dataset.theme = dark ? "dark" : "light";
