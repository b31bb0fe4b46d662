// Keyboard, and covering what was revealed. Every page works without it.
"use strict";
(() => {
  const COVER_AFTER_MS = 60000;
  const rows = () => [...document.querySelectorAll("a.row, [data-row]")].filter((e, _, all) => !all.some((o) => o !== e && o.contains(e)));
  let at = -1;

  const go = (step) => {
    const all = rows();
    if (!all.length) return;
    const inside = all.findIndex((e) => e.contains(document.activeElement));
    at = Math.min(Math.max((inside >= 0 ? inside : at) + step, 0), all.length - 1);
    all[at].focus();
    all[at].scrollIntoView({ block: "nearest" });
  };

  const open = () => {
    const here = rows()[at];
    const target = here && (here.matches("a") ? here : here.querySelector("a.row, summary"));
    if (target) target.click();
  };

  // choose the first reason of a verdict for the candidate in focus, and leave the last word to Enter
  const choose = (verdict) => {
    const here = rows()[Math.max(at, 0)];
    const scope = here && (here.closest(".card") || here);
    const select = scope && scope.querySelector("select.decision");
    if (!select) return;
    select.value = select.querySelector(`optgroup[data-verdict="${verdict}"] option`).value;
    select.focus();
  };

  const press = (id) => { const e = document.getElementById(id); if (e) e.click(); };

  const keys = {
    j: () => go(1), k: () => go(-1), a: () => choose("accept"), r: () => choose("reject"), u: () => choose("unsure"),
    n: () => { if (document.getElementById("next")) press("next"); else location.assign(document.body.dataset.next); },
    t: () => press("theme"), "?": () => document.getElementById("help").showModal(),
    "/": () => { const e = document.getElementById("search"); if (e) e.focus(); },
  };

  document.addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    if (e.target.matches("select.decision") && e.key === "Enter" && e.target.value && e.target.form.matches(".decide")) {
      e.preventDefault();
      e.target.form.requestSubmit();
      return;
    }
    if (e.target.matches("input, select, textarea")) return;
    if (e.key === "Enter" && e.target.matches("[data-row]")) { open(); return; }
    const does = keys[e.key];
    if (does) { e.preventDefault(); does(); }
  });

  const cover = () => document.querySelectorAll(".revealed").forEach((e) => {
    e.textContent = e.dataset.masked;
    e.classList.remove("revealed");
  });
  if (document.querySelector(".revealed")) {
    setTimeout(cover, COVER_AFTER_MS);
    addEventListener("pagehide", cover);
    // a reload must not send the reason again, nor the address say that something was revealed
    history.replaceState(null, "", location.pathname.replace(/\/reveal$/, ""));
    document.querySelector(".revealed").closest("[data-row]").focus();
  }
})();
