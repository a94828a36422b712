// Everything here is comfort: without it the pages read the same.

function toggleTheme() {
  const theme = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  document.documentElement.dataset.theme = theme;
  try { localStorage.setItem("tp1-theme", theme); } catch { /* a page from the disk may have no storage */ }
}

function setUpBar() {
  const theme = document.querySelector("button.theme");
  theme.hidden = false;
  theme.addEventListener("click", toggleTheme);
  const menu = document.querySelector("button.menu");
  menu.hidden = false;
  menu.addEventListener("click", () => {
    const open = document.body.classList.toggle("menu-open");
    menu.setAttribute("aria-expanded", String(open));
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
    const title = panel.querySelector(":scope > .tab-title");
    const tab = document.createElement("button");
    tab.type = "button";
    tab.textContent = title.textContent;
    tab.id = `tab-${index}-${i}`;
    tab.setAttribute("role", "tab");
    title.remove();
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
    await navigator.clipboard.writeText(block.querySelector("code").textContent);
    button.textContent = "Copié";
    setTimeout(() => { button.textContent = "Copier"; }, 1500);
  });
  block.append(button);
}

function addCodeToggle() {
  const folds = [...document.querySelectorAll("details.code-fold")];
  if (folds.length === 0) return;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "code-toggle";
  const label = () => {
    button.textContent = folds.some((fold) => fold.open) ? "Cacher tout le code" : "Montrer tout le code";
  };
  button.addEventListener("click", () => {
    const open = !folds.some((fold) => fold.open);
    folds.forEach((fold) => { fold.open = open; });
    label();
  });
  label();
  document.querySelector("main h1").after(button);
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

setUpBar();
document.querySelectorAll(".panel-tabset").forEach(setUpTabs);
if (navigator.clipboard) document.querySelectorAll("div.sourceCode").forEach(addCopyButton);
addCodeToggle();
followReading();
focusWhatScrolls();
addEventListener("resize", focusWhatScrolls);
