// SPDX-License-Identifier: Apache-2.0
// Light or dark, before anything is drawn. Without a choice the page follows the system.
"use strict";
(() => {
  const NAMES = ["system", "light", "dark"];
  const darkSystem = matchMedia("(prefers-color-scheme: dark)");
  const read = () => {
    try {
      return localStorage.getItem("theme");
    } catch {
      return null;  // storage is forbidden: the choice lasts as long as the page
    }
  };
  let chosen = NAMES.includes(read()) ? read() : "system";

  function apply() {
    const isDark = chosen === "dark" || (chosen === "system" && darkSystem.matches);
    document.documentElement.dataset.theme = isDark ? "dark" : "light";
    dispatchEvent(new Event("theme"));
  }

  window.mimirTheme = {
    get name() { return chosen; },
    next() {
      chosen = NAMES[(NAMES.indexOf(chosen) + 1) % NAMES.length];
      try {
        localStorage.setItem("theme", chosen);
      } catch {
        // As above.
      }
      apply();
    },
  };
  darkSystem.addEventListener("change", apply);
  apply();
})();
