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

  // offer the reasons of a verdict for the candidate in focus, the first one ready, and leave the last word to Enter
  const choose = (verdict) => {
    const here = rows()[Math.max(at, 0)];
    const scope = here && (here.closest(".card") || here);
    const menu = scope && scope.querySelector(`details[data-verdict="${verdict}"]`);
    if (menu) {
      scope.querySelectorAll("details.menu").forEach((m) => { m.open = m === menu; });
      menu.querySelector("button").focus();
      return;
    }
    const select = scope && scope.querySelector("select.decision");
    if (!select) return;
    select.value = select.querySelector(`optgroup[data-verdict="${verdict}"] option`).value;
    select.focus();
  };

  const walk = (menu, from, key) => {
    if (key === "Escape") { menu.open = false; menu.querySelector("summary").focus(); return; }
    const reasons = [...menu.querySelectorAll("button")];
    reasons[(reasons.indexOf(from) + (key === "ArrowDown" ? 1 : -1) + reasons.length) % reasons.length].focus();
  };
  // a click elsewhere closes what is open
  document.addEventListener("click", (e) => document.querySelectorAll("details.menu[open]").forEach((m) => { if (!m.contains(e.target)) m.open = false; }));

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
    const menu = e.target.closest("details.menu[open]");
    if (menu && ["ArrowDown", "ArrowUp", "Escape"].includes(e.key)) {
      e.preventDefault();
      walk(menu, e.target, e.key);
      return;
    }
    if (e.target.matches("input, select, textarea")) return;
    if (e.key === "Enter" && e.target.matches("[data-row]")) { open(); return; }
    const does = keys[e.key];
    if (does) { e.preventDefault(); does(); }
  });

  const help = document.getElementById("keys");
  if (help) {
    help.hidden = false;
    help.addEventListener("click", keys["?"]);
  }

  const cover = () => document.querySelectorAll(".revealed").forEach((e) => {
    e.textContent = e.dataset.masked;
    e.classList.remove("revealed");
    const said = e.parentElement.querySelector(".said");
    if (said) said.textContent = e.dataset.covered;
  });
  if (document.querySelector(".revealed")) {
    setTimeout(cover, COVER_AFTER_MS);
    addEventListener("pagehide", cover);
    // a reload must not send the reason again, nor the address say that something was revealed
    history.replaceState(null, "", location.pathname.replace(/\/reveal$/, ""));
    document.querySelector(".revealed").closest("[data-row]").focus();
  }
})();
