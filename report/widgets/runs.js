// The results explorer: choose a search, open a cell of its heat map, compare it with another, look through its runs.
"use strict";

tp1.register("runs", (box, data) => {
  const { h } = tp1;
  const { NBSP, read, hash, heatMap, curves, values, runsTable, labelled } = tp1.runs;
  const searches = read(data);
  const state = { search: searches[0], choices: {}, chosen: { A: null, B: null }, epoch: 0, withInitial: false };
  let map;
  let drawing;
  let numbers;
  let table;

  const alert = h("p", { class: "runs-alert", role: "alert" });
  const controls = h("div", { class: "runs-controls" });
  const setting = h("p", { class: "runs-note" });
  const mapPlace = h("div");
  const status = h("p", { class: "runs-status", role: "status" });
  const release = ["A", "B"].map((slot) =>
    h("button", { type: "button", onclick: () => releaseByButton(slot) }, `Libérer ${slot}`));
  const curvesPlace = h("div");
  const initial = h("input", { type: "checkbox", onchange: () => { state.withInitial = initial.checked; drawCurves(); } });
  const slider = h("input", { type: "range", step: 1, oninput: () => look(Number(slider.value)) });
  const epochShown = h("output");
  const under = h("div", { class: "runs-controls" },
    labelled("epoch", "Époque", slider), epochShown,
    h("label", { class: "runs-check" }, initial, "époque 0, le modèle initial"));
  const valuesPlace = h("div");
  const tablePlace = h("div");
  const opened = h("div", {}, curvesPlace, under, valuesPlace);

  function selectOf(id, label, options, index, onchange) {
    const select = h("select", { onchange: () => onchange(select.selectedIndex) },
      options.map((text, i) => h("option", { selected: i === index }, text)));
    return labelled(id, label, select);
  }

  const changed = () => {
    alert.textContent = "";
    history.replaceState(null, "", hash.write(state));
  };

  function setSearch(search, choices, chosen) {
    state.search = search;
    state.choices = choices ?? Object.fromEntries(search.choices.map((field) => [field.name, 0]));
    state.chosen = chosen ?? { A: null, B: null };
    state.epoch = 1;
    const seeds = search.seeds.length;
    setting.textContent = "Exactitude en validation (%) après la dernière époque, "
      + `${seeds > 1 ? `moyenne sur ${seeds} graines` : "une graine"}. Tous les essais${NBSP}: ${search.setting}.`;
    table = runsTable(search, () => state.chosen, pickFromTable);
    tablePlace.replaceChildren(table.element);
    drawControls();
    drawMap();
    drawChosen();
  }

  function drawControls() {
    const ofSearch = selectOf("search", "Recherche", searches.map(({ title }) => title), searches.indexOf(state.search), (i) => {
      setSearch(searches[i]);
      changed();
      controls.querySelector("select").focus();
    });
    controls.replaceChildren(ofSearch, ...state.search.choices.map((field) =>
      selectOf(field.name, field.label, field.shown, state.choices[field.name], (i) => {
        state.choices[field.name] = i;
        drawMap();
        changed();
      })));
  }

  function drawMap() {
    map = heatMap(state.search, state.choices, pick);
    mapPlace.replaceChildren(map.element);
    map.refresh(state.chosen);
  }

  // The first cell is A, the second B; one that is chosen is released; with both chosen, B gives way.
  function pick(cell) {
    const { chosen } = state;
    const slot = ["A", "B"].find((name) => chosen[name] === cell);
    if (slot) chosen[slot] = null;
    else chosen[chosen.A ? "B" : "A"] = cell;
    afterPick();
  }

  function pickFromTable(cell) {
    for (const field of state.search.choices) state.choices[field.name] = cell.at[state.search.fields.indexOf(field)];
    drawControls();
    drawMap();
    pick(cell);
  }

  function releaseByButton(slot) {
    const cell = state.chosen[slot];
    state.chosen[slot] = null;
    afterPick();
    // The button is disabled now: the keyboard goes on from the cell, or from the first choice.
    (map.button(cell) ?? controls.querySelector("select")).focus();
  }

  function afterPick() {
    map.refresh(state.chosen);
    drawChosen();
    table.refresh();
    changed();
  }

  function drawChosen() {
    const { A, B } = state.chosen;
    release.forEach((button, i) => { button.disabled = [A, B][i] === null; });
    if (A && B) status.textContent = "A et B se comparent ci-dessous. Une autre cellule prendrait la place de B.";
    else if (A || B) status.textContent = `Les courbes de ${A ? "A" : "B"} sont ci-dessous. Une seconde cellule s’y comparerait.`;
    else status.textContent = "Choisissez une cellule de la carte, ou un essai du tableau, pour voir ses courbes.";
    opened.hidden = !(A || B);
    if (A || B) drawCurves();
  }

  function drawCurves() {
    const { search, chosen } = state;
    const first = state.withInitial ? 0 : 1;
    slider.min = first;
    slider.max = search.last;
    drawing = curves(search, chosen, first, look);
    numbers = values(search, chosen, Math.max(first, state.epoch));
    curvesPlace.replaceChildren(drawing.element);
    valuesPlace.replaceChildren(numbers.element);
    look(Math.max(first, state.epoch), true);
  }

  function look(epoch, anew = false) {
    if (epoch === state.epoch && !anew) return;
    state.epoch = epoch;
    slider.value = epoch;
    slider.setAttribute("aria-valuetext", `époque ${epoch}`);
    epochShown.textContent = String(epoch);
    drawing.mark(epoch);
    numbers.mark(epoch);
  }

  function follow(address, isFirst) {
    if (!hash.isOurs(address)) return;
    const found = hash.read(address, searches);
    if (found.problem) alert.textContent = `L’adresse de cette page n’est pas suivie${NBSP}: ${found.problem}.`;
    else {
      alert.textContent = "";
      setSearch(found.search, found.choices, found.chosen);
    }
    if (isFirst) requestAnimationFrame(() => box.scrollIntoView());
    else box.scrollIntoView();
  }

  box.append(
    alert, controls, setting,
    h("div", { class: "runs-top" }, mapPlace, h("div", { class: "runs-chosen" }, status, release)), opened,
    h("p", { class: "widget-title runs-second" }, "Tous les essais de la recherche"), tablePlace);
  setSearch(searches[0]);
  follow(location.hash, true);
  addEventListener("hashchange", () => follow(location.hash, false));
});
