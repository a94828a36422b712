// Bayesian networks in the page: exact answers from the joint, questions as text, paths. Nothing here draws.
"use strict";

window.tp1.bayes = (() => {
  const MAX_CELLS = 1 << 16;

  class Refusal extends Error {}

  // Check the tables once: all that follows may trust them.
  function read(data) {
    const { demand } = window.tp1;
    demand(Array.isArray(data.variables) && data.variables.length > 0, "le réseau n’a pas de variables");
    const names = data.variables.map((variable) => variable.name);
    let cells = 1;
    for (const { name, states } of data.variables) {
      demand(typeof name === "string" && Array.isArray(states) && states.length > 1, "une variable n’a pas d’états");
      demand(Array.isArray(data.parents[name]), `les parents de ${name} manquent`);
      data.parents[name].forEach((parent) => demand(names.includes(parent), `${name} a un parent inconnu`));
      cells *= states.length;
    }
    demand(cells <= MAX_CELLS, "la loi jointe est trop grande pour une page");
    const network = { ...data, names, states: Object.fromEntries(data.variables.map((v) => [v.name, v.states])) };
    for (const name of names) checkTable(network, name, data.cpts[name], data.parents[name]);
    return network;
  }

  function checkTable(network, name, table, parents) {
    const { demand } = window.tp1;
    demand(Array.isArray(table), `la table de ${name} manque`);
    if (parents.length > 0) {
      demand(table.length === network.states[parents[0]].length, `la table de ${name} n’a pas la bonne forme`);
      table.forEach((part) => checkTable(network, name, part, parents.slice(1)));
      return;
    }
    const total = table.reduce((sum, p) => sum + p, 0);
    demand(table.length === network.states[name].length && table.every((p) => p >= 0 && p <= 1)
      && Math.abs(total - 1) < 1e-9, `la table de ${name} n’est pas une loi`);
  }

  // Every cell of the joint that agrees with what is fixed, with its weight under the intervention: the
  // factorisation is truncated, the factor of a variable that is imposed is 1.
  function* cells(network, observed, imposed) {
    const fixed = { ...observed, ...imposed };
    const choices = network.names.map((name) => (name in fixed ? [fixed[name]] : network.states[name]));
    const index = new Array(network.names.length).fill(0);
    for (;;) {
      const cell = Object.fromEntries(network.names.map((name, i) => [name, choices[i][index[i]]]));
      let weight = 1;
      for (const name of network.names) if (!(name in imposed)) weight *= factor(network, name, cell);
      yield [cell, weight];
      let place = index.length - 1;
      while (place >= 0 && ++index[place] === choices[place].length) index[place--] = 0;
      if (place < 0) return;
    }
  }

  function factor(network, name, cell) {
    const rows = network.parents[name].reduce(
      (table, parent) => table[network.states[parent].indexOf(cell[parent])], network.cpts[name]);
    return rows[network.states[name].indexOf(cell[name])];
  }

  // P(targets | do(imposed), observed): a probability for each combination of states, the last changing fastest.
  function answer(network, { targets, asked, observed, imposed }) {
    const combinations = targets.reduce(
      (partial, name) => partial.flatMap((states) => network.states[name].map((state) => [...states, state])), [[]]);
    const sums = new Map(combinations.map((states) => [states.join("\u0000"), 0]));
    let total = 0;
    for (const [cell, weight] of cells(network, observed, imposed)) {
      const key = targets.map((name) => cell[name]).join("\u0000");
      sums.set(key, sums.get(key) + weight);
      total += weight;
    }
    if (!(total > 0)) {
      throw new Refusal("cette observation est impossible : sa probabilité est nulle, il n’y a rien à conditionner.");
    }
    return combinations
      .filter((states) => targets.every((name, i) => !(name in asked) || asked[name] === states[i]))
      .map((states) => ({ states, p: sums.get(states.join("\u0000")) / total }));
  }

  // The law of every variable at once, as lists beside its states.
  function laws(network, observed, imposed) {
    const sums = Object.fromEntries(network.names.map((name) => [name, network.states[name].map(() => 0)]));
    let total = 0;
    for (const [cell, weight] of cells(network, observed, imposed)) {
      total += weight;
      for (const name of network.names) sums[name][network.states[name].indexOf(cell[name])] += weight;
    }
    if (!(total > 0)) return null;
    return Object.fromEntries(network.names.map((name) => [name, sums[name].map((sum) => sum / total)]));
  }

  // The grammar of tp1.bayes.parsing: P(target[=state], … | do(name=state, …), name=state, …).
  function parse(text, network) {
    const tokens = [...text.matchAll(/\s*(?:([,|()=])|([^\s,|()="]+)|"((?:[^"\\]|\\.)*)"|(")|$)/gs)]
      .map((match) => ({
        mark: match[1], name: match[2] ?? match[3]?.replace(/\\(.)/gs, "$1"), quote: match[4], at: match.index,
        word: match[2],
      }));
    let at = 0;
    const question = { targets: [], asked: {}, observed: {}, imposed: {} };
    const fail = (wanted) => {
      const found = tokens[at];
      const what = found.mark ?? found.name ?? (found.quote ? "un guillemet jamais fermé" : "la fin");
      throw new Refusal(`${wanted} est attendu, et non ${found.mark || found.name ? `« ${what} »` : what}.`);
    };
    const accept = (mark) => tokens[at].mark === mark && (at += 1) > 0;
    const expect = (mark) => accept(mark) || fail(`« ${mark} »`);
    const name = (what) => (tokens[at].name === undefined ? fail(what) : tokens[at++].name);
    const variable = () => {
      const found = name("un nom de variable");
      if (!network.names.includes(found)) {
        throw new Refusal(`« ${found} » n’est pas une variable ; le réseau a ${list(network.names)}.`);
      }
      return found;
    };
    const state = (of) => {
      const found = name(`un état de ${of}`);
      if (!network.states[of].includes(found)) {
        throw new Refusal(`« ${found} » n’est pas un état de ${of} ; elle a ${list(network.states[of])}.`);
      }
      return found;
    };
    const assign = (role) => {
      const of = variable();
      expect("=");
      const value = state(of);
      if ((role[of] ?? value) !== value) throw new Refusal(`${of} reçoit deux états, ${role[of]} et ${value}.`);
      role[of] = value;
    };
    if (tokens[0].word !== "P") fail("« P( »");
    at = 1;
    expect("(");
    do {
      const of = variable();
      if (question.targets.includes(of)) throw new Refusal(`${of} est demandée deux fois.`);
      question.targets.push(of);
      if (accept("=")) question.asked[of] = state(of);
    } while (accept(","));
    if (accept("|")) {
      do {
        if (tokens[at].word === "do" && tokens[at + 1].mark === "(") {
          at += 2;
          do assign(question.imposed); while (accept(","));
          expect(")");
        } else {
          assign(question.observed);
        }
      } while (accept(","));
    }
    expect(")");
    if (tokens[at].mark !== undefined || tokens[at].name !== undefined || tokens[at].quote) fail("la fin");
    const contradiction = contradicts(question);
    if (contradiction) throw new Refusal(contradiction);
    return question;
  }

  // Why a question gives a variable two roles; null when it does not.
  function contradicts({ targets, observed, imposed }) {
    for (const name of [...targets, ...Object.keys(observed)]) {
      const roles = [targets.includes(name) && "demandée", name in observed && "observée", name in imposed && "imposée"]
        .filter(Boolean);
      if (roles.length > 1) return `${name} est à la fois ${roles.join(" et ")} : un seul rôle à la fois.`;
    }
    return null;
  }

  function write({ targets, asked, observed, imposed }) {
    const quote = (name) => (/^[^\s,|()="]+$/.test(name) ? name : `"${name.replace(/[\\"]/g, "\\$&")}"`);
    const pairs = (role) => Object.entries(role).map(([name, state]) => `${quote(name)}=${quote(state)}`);
    const asks = targets.map((name) => quote(name) + (name in asked ? `=${quote(asked[name])}` : ""));
    const givens = pairs(observed);
    if (Object.keys(imposed).length > 0) givens.unshift(`do(${pairs(imposed).join(", ")})`);
    return `P(${asks.join(", ")}${givens.length > 0 ? " | " : ""}${givens.join(", ")})`;
  }

  const children = (network, name) => network.names.filter((other) => network.parents[other].includes(name));

  function descendants(network, name) {
    const found = new Set();
    const waiting = [name];
    while (waiting.length > 0) {
      for (const child of children(network, waiting.pop())) {
        if (!found.has(child)) waiting.push(child);
        found.add(child);
      }
    }
    return found;
  }

  // Every path between two variables: its nodes, its arrows, the edge that an intervention has cut, its inner nodes
  // with role, state and reason. What is imposed counts as known.
  function paths(network, x, y, observed, imposed) {
    const mutilated = {
      ...network,
      parents: Object.fromEntries(network.names.map((name) => [name, name in imposed ? [] : network.parents[name]])),
    };
    const known = (name) => name in observed || name in imposed;
    const found = [];
    const grow = (nodes) => {
      const last = nodes[nodes.length - 1];
      if (last === y) return found.push(nodes);
      const around = network.names.filter(
        (name) => network.parents[last].includes(name) || network.parents[name].includes(last));
      return around.filter((name) => !nodes.includes(name)).forEach((name) => grow([...nodes, name]));
    };
    grow([x]);
    found.sort((a, b) => a.length - b.length);
    return found.map((nodes) => {
      const arrows = nodes.slice(1).map((node, i) => (network.parents[node].includes(nodes[i]) ? "→" : "←"));
      const cut = nodes.slice(1).flatMap((node, i) => {
        const [parent, child] = arrows[i] === "→" ? [nodes[i], node] : [node, nodes[i]];
        return child in imposed ? [{ parent, child }] : [];
      });
      const junctions = nodes.slice(1, -1).map((name, i) => junction(mutilated, name, arrows[i] + arrows[i + 1], known));
      return { nodes, arrows, cut, junctions, open: cut.length === 0 && junctions.every((inner) => inner.open) };
    });
  }

  function junction(network, name, arrows, known) {
    const role = { "→←": "collisionneur", "←→": "fourche" }[arrows] ?? "chaîne";
    if (role !== "collisionneur") {
      const why = known(name) ? `${name} est connue` : `${name} n’est pas connue`;
      return { name, role, open: !known(name), why };
    }
    if (known(name)) return { name, role, open: true, why: `${name} est connue` };
    const below = [...descendants(network, name)].filter(known);
    if (below.length > 0) return { name, role, open: true, why: `${list(below)}, en aval de ${name}, est connue` };
    return { name, role, open: false, why: `ni ${name} ni rien en aval n’est connu` };
  }

  function list(words) {
    return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} et ${words[words.length - 1]}`;
  }

  return { Refusal, read, answer, laws, parse, write, contradicts, paths, list };
})();
