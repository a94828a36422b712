// The table of runs of the results explorer: sorted, filtered, some at a time, and as CSV.
"use strict";

Object.assign(tp1.runs, (() => {
  const { h } = tp1;
  const { NBSP, measured, written, csv, labelled } = tp1.runs;
  const PAGE = 15;

  // A column has a value to sort by, null where there is none, and what is shown of it.
  function columnsOf(search) {
    const fields = search.fields.map((field, k) => ({
      key: field.name, label: field.label, numeric: field.numeric,
      value: (run) => (field.numeric ? Number(field.values[run.cell.at[k]]) : field.shown[run.cell.at[k]]),
      text: (run) => field.shown[run.cell.at[k]],
    }));
    const measure = (name, moment, label) => ({
      key: `${moment}-${name}`, label, numeric: true, measure: true,
      value: (run) => (moment === "last" && !run.finite.at(-1) ? null : measured(run, name, moment)),
      text: (run) => written(measured(run, name, moment), name),
    });
    return [
      ...fields,
      { key: "seed", label: "Graine", numeric: true, value: (run) => run.seed, text: (run) => String(run.seed) },
      measure("val_accuracy", "last", "Exact. valid."),
      measure("train_accuracy", "last", "Exact. entr."),
      measure("val_loss", "last", "NLL valid."),
      measure("train_loss", "last", "NLL entr."),
      measure("val_accuracy", "best", "Exact. valid."),
      { key: "best", label: "Époque", numeric: true, value: (run) => run.best, text: (run) => String(run.best) },
    ];
  }

  function compare(column, direction) {
    return (one, other) => {
      const [a, b] = [column.value(one), column.value(other)];
      if (a === null || b === null) return (a === null) - (b === null); // what diverged comes last
      return direction * (typeof a === "number" ? a - b : a.localeCompare(b, "fr"));
    };
  }

  function filtersOf(search, chosen) {
    const filters = search.fields.map((field, k) => ({
      key: field.name, label: field.label, options: field.shown, accept: (run, i) => run.cell.at[k] === i,
    }));
    const add = (key, label, options, accept) => filters.push({ key, label, options, accept });
    add("seed", "Graine", search.seeds.map(String), (run, i) => run.seed === search.seeds[i]);
    if (search.runs.some((run) => run.lost)) add("end", "Fin", ["finie", "divergée"], (run, i) => run.lost === (i === 1));
    add("slots", "Cellules", ["A et B"], (run) => Object.values(chosen()).includes(run.cell));
    return filters.map((filter) => ({
      ...filter,
      select: h("select", {}, h("option", { value: "" }, "tout"),
        filter.options.map((text, i) => h("option", { value: i }, text))),
    }));
  }

  function save(name, text) {
    const address = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
    h("a", { href: address, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(address), 1000);
  }

  // `chosen()` gives the cells A and B, `pick` chooses or releases one.
  function runsTable(search, chosen, pick) {
    const columns = columnsOf(search);
    const filters = filtersOf(search, chosen);
    let sorted = { column: columns.find(({ key }) => key === "last-val_accuracy"), direction: -1 };
    let from = 0;
    const kind = (column) => ({ class: column.numeric ? null : "runs-text", "data-column": column.key });
    const heads = columns.map((column) => h("th", { scope: "col", ...kind(column) },
      h("button", { type: "button", onclick: () => sortBy(column) }, column.label)));
    const body = h("tbody");
    const empty = h("p", { class: "runs-empty" }, "Aucun essai ne répond à ces filtres.");
    const status = h("span", { role: "status" });
    const before = h("button", { type: "button", onclick: () => turn(-PAGE) }, "précédents");
    const after = h("button", { type: "button", onclick: () => turn(PAGE) }, "suivants");
    const saveAll = () => save(`essais-${search.name}.csv`, csv(search, filtered()));
    const download = h("button", { type: "button", onclick: saveAll }, "Télécharger le CSV");
    const clear = h("button", { type: "button", onclick: clearFilters }, "Tout montrer");

    const active = () => filters.filter(({ select }) => select.value !== "");
    const filtered = () => search.runs.filter((run) => active().every(({ accept, select }) => accept(run, Number(select.value))));

    function sortBy(column) {
      const same = sorted.column === column;
      sorted = { column, direction: same ? -sorted.direction : column.measure ? -1 : 1 };
      from = 0;
      draw();
    }

    function turn(step) {
      from += step;
      draw();
    }

    function clearFilters() {
      for (const { select } of filters) select.value = "";
      from = 0;
      draw();
    }

    function row(run) {
      const slot = ["A", "B"].find((name) => chosen()[name] === run.cell);
      const cell = (column) => {
        const value = column.value(run);
        return h("td", { ...kind(column), "data-value": value ?? "" }, value === null ? "divergée" : column.text(run));
      };
      return h("tr", { "data-run": search.runs.indexOf(run) }, h("td", { class: "runs-text" }, h("button", {
        type: "button", "aria-pressed": String(slot !== undefined), "data-slot": slot,
        "aria-label": `${slot ? `Libérer ${slot}` : "Choisir"}${NBSP}: ${run.cell.words}`, onclick: () => pick(run.cell),
      }, slot ?? "Choisir")), columns.map(cell));
    }

    function draw() {
      const runs = filtered();
      const ordered = [...runs].sort(compare(sorted.column, sorted.direction));
      body.replaceChildren(...ordered.slice(from, from + PAGE).map(row));
      columns.forEach((column, k) => {
        if (column === sorted.column) heads[k].setAttribute("aria-sort", sorted.direction > 0 ? "ascending" : "descending");
        else heads[k].removeAttribute("aria-sort");
      });
      empty.hidden = runs.length > 0;
      region.hidden = runs.length === 0;
      status.textContent = runs.length === 0 ? "0 essai"
        : `${from + 1} à ${Math.min(from + PAGE, runs.length)} sur ${runs.length} essai${runs.length > 1 ? "s" : ""}`;
      before.disabled = from === 0;
      after.disabled = from + PAGE >= runs.length;
      download.disabled = runs.length === 0;
      clear.disabled = active().length === 0;
    }

    // The same rows, whose buttons say anew what is chosen: the focus stays where it is.
    function refresh() {
      if (filters.find(({ key }) => key === "slots").select.value !== "") {
        from = 0;
        draw();
        return;
      }
      for (const old of [...body.rows]) {
        const focused = old.contains(document.activeElement);
        const next = row(search.runs[Number(old.dataset.run)]);
        old.replaceWith(next);
        if (focused) next.querySelector("button").focus();
      }
    }

    const region = h("div", { class: "runs-scroll", role: "region", tabindex: 0, "aria-label": "Tableau des essais" },
      h("table", { class: "runs-table" },
        h("caption", {}, "Un titre de colonne trie. Exactitudes en %, NLL en nats."),
        h("thead", {},
          h("tr", {}, h("td", { colspan: search.fields.length + 2 }),
            h("th", { scope: "colgroup", colspan: 4 }, "Dernière époque"),
            h("th", { scope: "colgroup", colspan: 2 }, "Meilleure époque")),
          h("tr", {}, h("th", { scope: "col", class: "runs-text" }, "Cellule"), heads)),
        body));
    for (const { select } of filters) {
      select.addEventListener("change", () => {
        from = 0;
        draw();
      });
    }
    draw();
    const element = h("div", {},
      h("div", { class: "runs-controls" },
        filters.map(({ key, label, select }) => labelled(`filter-${key}`, label, select)), clear),
      region, empty, h("div", { class: "runs-pager" }, before, status, after, download));
    return { element, refresh };
  }

  return { runsTable };
})());
