// The searches of the results explorer: what is damaged is refused here, so that the other parts need not ask. Then what
// they ask for: the runs of a cell, a measure after some epoch, statistics over the seeds, CSV.
"use strict";

tp1.runs = (() => {
  const { decimal, demand } = tp1;
  const LOSSES = ["train_loss", "val_loss"];
  const MEASURES = ["train_loss", "train_accuracy", "val_loss", "val_accuracy"];
  const NBSP = "\u00a0";

  const isText = (value) => typeof value === "string" && value.length > 0;
  const isList = (value, test) => Array.isArray(value) && value.length > 0 && value.every(test);
  const isIndex = (value, list) => Number.isInteger(value) && value >= 0 && value < list.length;

  function read(data) {
    demand(isList(data?.searches, (search) => isText(search?.name)), "ses données ne contiennent aucune recherche");
    return data.searches.map(readSearch);
  }

  function readSearch(search) {
    const wrong = `la recherche «${NBSP}${search.name}${NBSP}»`;
    demand(isText(search.title) && isText(search.setting), `${wrong} n’a pas de titre`);
    checkFields(search, wrong);
    checkCells(search, wrong);
    demand(isList(search.seeds, Number.isInteger), `${wrong} n’a pas de graines`);
    checkMeasures(search, wrong);
    demand(search.seeds.length === 1 || Number.isFinite(search.quantile), `${wrong} n’a pas de quantile`);
    const fields = search.fields.map((field) => ({ ...field, numeric: field.values.every((v) => Number.isFinite(Number(v))) }));
    const axis = (name) => fields.findIndex((field) => field.name === name);
    const [row, column] = [axis(search.rows), axis(search.columns)];
    const found = { ...search, fields, row, column, choices: fields.filter((_, k) => k !== row && k !== column) };
    found.cells = search.cells.map((cell, index) => ({ ...cell, index }));
    found.runs = found.cells.flatMap((cell) => search.seeds.map((seed, s) => readRun(search, cell, seed, s)));
    found.cells.forEach((cell) => { cell.runs = found.runs.filter((run) => run.cell === cell); });
    found.last = search.val_loss[0].length - 1;
    return found;
  }

  function checkFields(search, wrong) {
    demand(isList(search.fields, (field) => isText(field?.name) && isText(field.label) && isList(field.values, isText)
      && isList(field.shown, isText) && field.values.length === field.shown.length), `${wrong} a des champs abîmés`);
    const names = search.fields.map((field) => field.name);
    demand(search.rows !== search.columns && [search.rows, search.columns].every((name) => names.includes(name)),
      `${wrong} n’a pas les deux axes de sa carte`);
  }

  function checkCells(search, wrong) {
    demand(isList(search.config, isText), `${wrong} n’a pas de colonnes`);
    demand(isList(search.cells, (cell) => isText(cell?.words) && isList(cell.at, Number.isInteger)
      && cell.at.length === search.fields.length && cell.at.every((i, k) => isIndex(i, search.fields[k].values))
      && isList(cell.config, isText) && cell.config.length === search.config.length), `${wrong} a des cellules abîmées`);
    const places = new Set(search.cells.map((cell) => cell.at.join()));
    demand(places.size === search.cells.length, `${wrong} a deux fois la même cellule`);
  }

  // An infinite loss is null; there is no accuracy that is not a number.
  function checkMeasures(search, wrong) {
    const runs = search.cells.length * search.seeds.length;
    const epochs = search.val_loss?.[0]?.length;
    for (const name of MEASURES) {
      const good = LOSSES.includes(name)
        ? (x) => x === null || (Number.isFinite(x) && x >= 0)
        : (x) => Number.isFinite(x) && x >= 0 && x <= 1;
      demand(epochs > 1 && isList(search[name], (run) => isList(run, good) && run.length === epochs)
        && search[name].length === runs, `${wrong} a des mesures qui manquent ou qui ne sont pas des nombres`);
    }
  }

  function readRun(search, cell, seed, s) {
    const index = cell.index * search.seeds.length + s;
    const curves = Object.fromEntries(MEASURES.map((name) => [name, search[name][index]]));
    const finite = curves.val_loss.map((loss, e) => loss !== null && curves.train_loss[e] !== null);
    // As in the chapters: the best validation accuracy, the first of equals, among epochs whose losses are finite.
    const scores = curves.val_accuracy.map((accuracy, e) => (finite[e] ? accuracy : -1));
    return { cell, seed, curves, finite, best: scores.indexOf(Math.max(...scores)), lost: finite.includes(false) };
  }

  // A moment is "last", "best" or the number of an epoch.
  function measured(run, name, moment) {
    const curve = run.curves[name];
    return curve[moment === "last" ? curve.length - 1 : moment === "best" ? run.best : moment];
  }

  // Mean and standard error; null where a value is missing, and no error for one value.
  function summary(values) {
    if (values.includes(null)) return null;
    const n = values.length;
    const mean = values.reduce((sum, x) => sum + x, 0) / n;
    const squares = values.reduce((sum, x) => sum + (x - mean) ** 2, 0);
    return { mean, error: n > 1 ? Math.sqrt(squares / (n - 1) / n) : null };
  }

  const over = (cell, name, moment) => summary(cell.runs.map((run) => measured(run, name, moment)));

  // One cell minus another, paired by seed.
  function difference(a, b, name, moment) {
    const values = (cell) => cell.runs.map((run) => measured(run, name, moment));
    const others = values(b);
    const pairs = values(a).map((x, i) => (x === null || others[i] === null ? null : x - others[i]));
    return summary(pairs);
  }

  const isLoss = (name) => LOSSES.includes(name);

  // A loss in nats, an accuracy in %, as the chapters write them; what rounds to 0 has no sign.
  function written(value, name, sign = "") {
    const text = isLoss(name) ? decimal(value, 4) : decimal(100 * value, 2);
    const bare = text.replace("−", "");
    if (!/[1-9]/.test(bare)) return bare;
    return value > 0 ? sign + text : text;
  }

  const plusMinus = ({ mean, error }, name, sign) =>
    written(mean, name, sign) + (error === null ? "" : ` ±${NBSP}${written(error, name)}`);

  const lostCount = (cell) => cell.runs.filter((run) => run.lost).length;

  const cellName = (search, cell) => cell.at.map((i, k) => search.fields[k].values[i]).join(",");

  // The rows of the frozen table, with its columns.
  function csv(search, runs) {
    const lines = [[...search.config, "seed", "epoch", ...MEASURES]];
    for (const run of runs) {
      for (let epoch = 0; epoch <= search.last; epoch += 1) {
        lines.push([...run.cell.config, run.seed, epoch, ...MEASURES.map((name) => run.curves[name][epoch] ?? "nan")]);
      }
    }
    return lines.map((line) => line.join(",") + "\n").join("");
  }

  return { NBSP, MEASURES, read, measured, over, difference, isLoss, written, plusMinus, lostCount, cellName, csv };
})();
