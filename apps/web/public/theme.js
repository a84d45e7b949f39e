// Runs before the first paint, so that a dark page never flashes white. src/lib/theme.ts writes what this reads.
(function () {
  var choice = null;
  try {
    choice = localStorage.getItem("millrace.theme");
  } catch {
    // Storage may be forbidden; the system's theme it is.
  }
  var isDark = choice === "dark" || (choice !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = isDark ? "dark" : "light";
})();
