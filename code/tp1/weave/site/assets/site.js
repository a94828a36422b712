// Everything here is comfort: without it the pages read the same.
"use strict";

function toggleTheme() {
  const theme = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  document.documentElement.dataset.theme = theme;
  try { localStorage.setItem("tp1-theme", theme); } catch { /* a page from the disk may have no storage */ }
}

// On a narrow screen the chapters unfold over the text.
function setUpMenu() {
  const menu = document.querySelector("button.menu");
  const show = (open) => {
    document.body.classList.toggle("menu-open", open);
    menu.setAttribute("aria-expanded", String(open));
  };
  menu.addEventListener("click", () => show(!document.body.classList.contains("menu-open")));
  const close = (event) => {
    const isInside = event.target.closest?.(".bar, #chapitres");
    if (!isInside || (event.type === "click" && event.target.closest("#chapitres a"))) show(false);
  };
  document.addEventListener("click", close);
  document.addEventListener("focusin", close);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !document.body.classList.contains("menu-open")) return;
    show(false);
    menu.focus();
  });
}

// Stacked blocks become tabs, with the keyboard as the ARIA practice has it.
function setUpTabs(tabset, index) {
  const panels = [...tabset.querySelectorAll(":scope > .tab")];
  const list = document.createElement("div");
  list.setAttribute("role", "tablist");
  const select = (chosen) => panels.forEach((panel, i) => {
    panel.hidden = i !== chosen;
    list.children[i].setAttribute("aria-selected", String(i === chosen));
    list.children[i].tabIndex = i === chosen ? 0 : -1;
  });
  panels.forEach((panel, i) => {
    const tab = document.createElement("button");
    tab.type = "button";
    tab.textContent = panel.querySelector(":scope > .tab-title").textContent;
    tab.id = `tab-${index}-${i}`;
    tab.setAttribute("role", "tab");
    panel.setAttribute("role", "tabpanel");
    panel.setAttribute("aria-labelledby", tab.id);
    tab.addEventListener("click", () => select(i));
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (step === undefined) return;
      const next = (i + step + panels.length) % panels.length;
      select(next);
      list.children[next].focus();
    });
    list.append(tab);
  });
  tabset.prepend(list);
  select(0);
}

function addCopyButton(block) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = "Copier";
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(block.querySelector("code").textContent);
      button.textContent = "Copié";
    } catch {
      button.textContent = "Copie refusée";
    }
    setTimeout(() => { button.textContent = "Copier"; }, 1500);
  });
  block.append(button);
}

function setUpCodeToggle(button) {
  const folds = [...document.querySelectorAll("details.code-fold")];
  const label = () => {
    button.textContent = folds.some((fold) => fold.open) ? "Cacher tout le code" : "Montrer tout le code";
  };
  button.addEventListener("click", () => {
    const open = !folds.some((fold) => fold.open);
    folds.forEach((fold) => { fold.open = open; });
  });
  folds.forEach((fold) => fold.addEventListener("toggle", label));
  label();
}

// The section being read is marked in the page's own contents.
function followReading() {
  const links = new Map([...document.querySelectorAll(".contents a")].map((a) => [a.hash.slice(1), a]));
  const headings = [...document.querySelectorAll("main h2, main h3")].filter((h) => links.has(h.id));
  const mark = () => {
    const current = headings.findLast((h) => h.getBoundingClientRect().top < 120);
    links.forEach((a, id) => a.toggleAttribute("data-current", id === current?.id));
  };
  addEventListener("scroll", mark, { passive: true });
  mark();
}

// What scrolls sideways on a narrow screen can be reached with the keyboard too.
function focusWhatScrolls() {
  document.querySelectorAll("main :is(table, pre, math[display=block])").forEach((box) => {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  });
}

document.querySelector("button.theme").addEventListener("click", toggleTheme);
setUpMenu();
document.querySelectorAll(".panel-tabset").forEach(setUpTabs);
if (navigator.clipboard) document.querySelectorAll("div.sourceCode").forEach(addCopyButton);
document.querySelectorAll("button.code-toggle").forEach(setUpCodeToggle);
followReading();
focusWhatScrolls();
addEventListener("resize", focusWhatScrolls);
