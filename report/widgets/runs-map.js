// The heat map of the results explorer: a table of buttons, one for each cell of the search under the choices made.
"use strict";

Object.assign(tp1.runs, (() => {
  const { h, decimal } = tp1;
  const { NBSP, over, written, plusMinus, lostCount } = tp1.runs;
  // From the lowest accuracy of a search to its highest, on a light page and on a dark one.
  const GROUNDS = { light: [[232, 241, 250], [8, 64, 129]], dark: [[28, 42, 58], [150, 200, 250]] };

  const luminance = (rgb) => {
    const [r, g, b] = rgb.map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };

  // Black or white, whichever has the higher contrast (WCAG 2) with the ground: at least 4.58.
  const ink = (rgb) => ((luminance(rgb) + 0.05) / 0.05 > 1.05 / (luminance(rgb) + 0.05) ? "#000000" : "#ffffff");

  function colours(level) {
    return Object.entries(GROUNDS).map(([scheme, [low, high]]) => {
      const rgb = low.map((c, i) => Math.round(c + level * (high[i] - c)));
      return `--${scheme}-ground: rgb(${rgb.join(" ")}); --${scheme}-ink: ${ink(rgb)}`;
    }).join("; ");
  }

  const accuracy = (cell) => over(cell, "val_accuracy", "last");

  // What the colours go from and to: the cells whose runs are all finite, as the others would leave one colour to them.
  function range(cells) {
    const means = cells.filter((cell) => lostCount(cell) === 0).map((cell) => accuracy(cell).mean);
    return means.length > 0 ? [Math.min(...means), Math.max(...means)] : [0, 1];
  }

  function named(search, cell, slot, best) {
    const place = [search.row, search.column]
      .map((k) => `${search.fields[k].label.toLowerCase()} ${search.fields[k].shown[cell.at[k]]}`).join(", ");
    const lost = lostCount(cell);
    const value = lost === cell.runs.length ? "divergée"
      : `${plusMinus(accuracy(cell), "val_accuracy")}${NBSP}%${lost ? `, dont ${lost} divergée${lost > 1 ? "s" : ""}` : ""}`;
    const seeds = `${cell.runs.length} graine${cell.runs.length > 1 ? "s" : ""}`;
    return `${place}${NBSP}: ${value}, ${seeds}${best ? ", la meilleure" : ""}${slot ? `, cellule ${slot}` : ""}`;
  }

  // A control under its label.
  function labelled(id, label, control) {
    control.id = `runs-${id}`;
    return h("div", {}, h("label", { for: control.id }, label), control);
  }

  function heatMap(search, choices, pick) {
    const cells = search.cells.filter((cell) =>
      search.fields.every((field, k) => !(field.name in choices) || cell.at[k] === choices[field.name]));
    if (cells.length === 0) {
      const element = h("p", { class: "runs-note" }, "Aucun essai n’a été fait avec ces choix.");
      return { element, refresh() {}, button() {} };
    }
    const [low, high] = range(cells);
    const level = (cell) => Math.min(1, Math.max(0, (accuracy(cell).mean - low) / (high - low || 1)));
    // Of equals the last, as in the chapters' tables.
    const best = cells.reduce((a, b) => (accuracy(b).mean >= accuracy(a).mean ? b : a));
    const used = (k) => [...new Set(cells.map((cell) => cell.at[k]))].sort((a, b) => a - b);
    const [rows, columns] = [used(search.row), used(search.column)];
    const [across, down] = [search.fields[search.column], search.fields[search.row]];
    const buttons = new Map(cells.map((cell) => [cell, button(search, cell, level(cell), cell === best, pick)]));
    const at = (i, j) => cells.find((cell) => cell.at[search.row] === i && cell.at[search.column] === j);
    const absent = () => h("td", { class: "runs-absent" }, h("span", { "aria-hidden": "true" }, "–"),
      h("span", { class: "runs-said" }, "pas d’essai"));
    const table = h("table", { class: "runs-map", "aria-label": "Exactitude en validation (%) après la dernière époque" },
      h("thead", {},
        h("tr", {}, h("th", { scope: "col", rowspan: 2 }, down.label),
          h("th", { scope: "colgroup", colspan: columns.length }, across.label)),
        h("tr", {}, columns.map((j) => h("th", { scope: "col" }, across.shown[j])))),
      h("tbody", {}, rows.map((i) => h("tr", {}, h("th", { scope: "row" }, down.shown[i]),
        columns.map((j) => (at(i, j) ? h("td", {}, buttons.get(at(i, j))) : absent()))))));
    const notes = [
      cells.some((cell) => lostCount(cell) > 0 && lostCount(cell) < cell.runs.length)
        && `†${NBSP}: la perte d’un essai au moins a cessé d’être finie${NBSP}; `
          + "son exactitude, nulle, compte dans la moyenne.",
      cells.length < rows.length * columns.length && `–${NBSP}: cette combinaison n’a pas été essayée.`,
    ].filter(Boolean);
    const element = h("div", {}, table, scale(low, high), notes.map((note) => h("p", { class: "runs-note" }, note)));

    function refresh(chosen) {
      for (const [cell, shown] of buttons) {
        const slot = ["A", "B"].find((name) => chosen[name] === cell);
        shown.setAttribute("aria-pressed", String(slot !== undefined));
        shown.setAttribute("aria-label", named(search, cell, slot, cell === best));
        if (slot) shown.dataset.slot = slot;
        else delete shown.dataset.slot;
      }
    }
    return { element, refresh, button: (cell) => buttons.get(cell) };
  }

  function button(search, cell, level, best, pick) {
    const { mean } = accuracy(cell);
    const lost = lostCount(cell);
    const all = lost === cell.runs.length;
    return h("button", {
      type: "button", class: all ? "runs-lost" : best ? "runs-best" : "", style: all ? null : colours(level),
      "data-cell": cell.index, "data-value": mean, onclick: () => pick(cell),
    }, all ? "divergée" : written(mean, "val_accuracy") + (lost ? "†" : ""));
  }

  function scale(low, high) {
    const end = (value) => `${decimal(100 * value, 1)}${NBSP}%`;
    return h("p", { class: "runs-scale", "aria-hidden": "true" }, end(low),
      h("span", {}, [0, 0.25, 0.5, 0.75, 1].map((level) => h("i", { style: colours(level) }))), end(high));
  }

  return { heatMap, labelled };
})());
