// What the curves of the results explorer say in numbers: at the epoch looked at, after the last one, at each seed's best.
"use strict";

Object.assign(tp1.runs, (() => {
  const { h } = tp1;
  const { NBSP, over, difference, written, plusMinus, measured, lostCount } = tp1.runs;
  const ROWS = [
    ["train_loss", "NLL entr."],
    ["val_loss", "NLL valid."],
    ["train_accuracy", "Exact. entr."],
    ["val_accuracy", "Exact. valid."],
  ];

  const isLost = (run, moment) => ["train_loss", "val_loss"].some((name) => measured(run, name, moment) === null);
  const lostAt = (cell, moment) => cell.runs.filter((run) => isLost(run, moment)).length;

  function valueCell(cell, name, moment) {
    const found = over(cell, name, moment);
    const lost = lostAt(cell, moment);
    if (found === null || lost === cell.runs.length) {
      return h("td", {}, lost === cell.runs.length ? "divergée" : `divergée (${lost} sur ${cell.runs.length})`);
    }
    return h("td", { "data-value": found.mean, "data-error": found.error }, plusMinus(found, name) + (lost ? "†" : ""));
  }

  function differenceCell(search, { A, B }, name, moment) {
    const found = difference(A, B, name, moment);
    if (found === null || [A, B].some((cell) => lostAt(cell, moment) > 0)) return h("td", {}, "–");
    const bound = (side) => written(found.mean + side * search.quantile * found.error, name);
    return h("td", { "data-value": found.mean, "data-error": found.error }, plusMinus(found, name, "+"),
      found.error === null ? null : [" ", h("span", { class: "runs-interval" }, `[${bound(-1)}${NBSP}; ${bound(1)}]`)]);
  }

  // The best epochs of the seeds: one number where they agree.
  function bestEpochs(cell) {
    const epochs = cell.runs.map((run) => run.best);
    const [low, high] = [Math.min(...epochs), Math.max(...epochs)];
    return low === high ? `${low}` : `${low} à ${high}`;
  }

  function group(search, chosen, moment, title) {
    const cells = ["A", "B"].filter((slot) => chosen[slot]);
    const both = cells.length === 2;
    return h("tbody", { "data-moment": moment },
      h("tr", {}, h("th", { scope: "rowgroup", colspan: cells.length + (both ? 2 : 1) }, title)),
      ROWS.map(([name, label]) => h("tr", { "data-measure": name }, h("th", { scope: "row" }, label),
        cells.map((slot) => valueCell(chosen[slot], name, moment)),
        both ? differenceCell(search, chosen, name, moment) : null)));
  }

  // A table whose first group follows the epoch looked at.
  function values(search, chosen, epoch) {
    const cells = ["A", "B"].filter((slot) => chosen[slot]);
    const both = cells.length === 2;
    const best = cells.map((slot) => `${slot}${NBSP}: ${bestEpochs(chosen[slot])}`).join(`${NBSP}; `);
    const atEpoch = (e) => group(search, chosen, e, `Époque ${e}, celle du curseur`);
    let first = atEpoch(epoch);
    const seeds = search.seeds.length;
    const caption = "Exactitudes en %, NLL en nats. " + (seeds > 1 ? `Moyenne sur ${seeds} graines ± erreur type` : "Une graine")
      + (both && seeds > 1 ? `${NBSP}; A − B est pris graine par graine, avec son intervalle de Student à 95${NBSP}%.` : ".");
    const table = h("table", { class: "runs-values" },
      h("caption", {}, caption),
      h("thead", {}, h("tr", {}, h("td"), cells.map((slot) => h("th", { scope: "col", class: `runs-${slot}` }, slot)),
        both ? h("th", { scope: "col" }, "A − B") : null)),
      first, group(search, chosen, "last", `Dernière époque (${search.last})`),
      group(search, chosen, "best", `Meilleure époque de chaque graine, en validation (${best})`));
    const notes = [
      cells.some((slot) => lostCount(chosen[slot]) > 0)
        && `Divergée${NBSP}: la perte a cessé d’être finie, et l’exactitude est nulle ensuite. `
          + `†${NBSP}: moyenne qui compte de telles graines.`,
      both && cells.some((slot) => lostCount(chosen[slot]) > 0) && `–${NBSP}: pas de différence avec une graine divergée.`,
    ].filter(Boolean);
    function mark(e) {
      const next = atEpoch(e);
      first.replaceWith(next);
      first = next;
    }
    const region = h("div", { class: "runs-scroll", role: "region", tabindex: 0, "aria-label": "Valeurs des courbes" }, table);
    return { element: h("div", {}, region, notes.map((note) => h("p", { class: "runs-note" }, note))), mark };
  }

  return { values };
})());
