// What is chosen in the results explorer, as an address that can be shared: #essais=assigned&optimiser=sgd&A=sgd,0.01,20.
// No section's anchor has an equals sign.
"use strict";

Object.assign(tp1.runs, (() => {
  const { NBSP, cellName } = tp1.runs;
  const isOurs = (hash) => hash.startsWith("#essais=");
  const quoted = (text) => `«${NBSP}${text.length > 40 ? `${text.slice(0, 40)}…` : text}${NBSP}»`;

  function write({ search, choices, chosen }) {
    const words = new URLSearchParams({ essais: search.name });
    for (const field of search.choices) words.set(field.name, field.values[choices[field.name]]);
    for (const [slot, cell] of Object.entries(chosen)) if (cell) words.set(slot, cellName(search, cell));
    return `#${words}`.replaceAll("%2C", ",");
  }

  // Give { search, choices, chosen }, or { problem } that says what the address names and the data do not have.
  function read(hash, searches) {
    const pairs = [...new URLSearchParams(hash.slice(1))];
    const words = new Map(pairs);
    const search = searches.find(({ name }) => name === words.get("essais"));
    if (!search) return { problem: `il n’y a pas de recherche ${quoted(words.get("essais"))}` };
    const known = ["essais", "A", "B", ...search.choices.map((field) => field.name)];
    const strange = pairs.find(([key]) => !known.includes(key));
    if (strange) return { problem: `elle parle de ${quoted(strange[0])}, que cette recherche n’a pas` };
    if (words.size < pairs.length) return { problem: "elle dit deux fois la même chose" };
    const choices = {};
    for (const field of search.choices) {
      const value = words.get(field.name) ?? field.values[0];
      choices[field.name] = field.values.indexOf(value);
      if (choices[field.name] < 0) {
        return { problem: `la recherche n’a pas d’essai où ${quoted(field.label)} vaut ${quoted(value)}` };
      }
    }
    const chosen = { A: null, B: null };
    for (const slot of ["A", "B"]) {
      if (!words.has(slot)) continue;
      chosen[slot] = search.cells.find((cell) => cellName(search, cell) === words.get(slot));
      if (!chosen[slot]) return { problem: `la recherche n’a pas de cellule ${quoted(words.get(slot))}` };
    }
    if (chosen.A && chosen.A === chosen.B) return { problem: "A et B y sont la même cellule" };
    return { search, choices, chosen };
  }

  return { hash: { isOurs, write, read } };
})());
