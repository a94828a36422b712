// The network explorer: observe or impose states, ask a question, see every law move and every path open or close.
"use strict";

window.tp1.register("network", (box, data) => {
  const { h, decimal, bayes } = window.tp1;
  const network = bayes.read(data);
  const priors = bayes.laws(network, {}, {});
  const HASH = "reseau=";
  const state = {
    question: bayes.parse(data.start, network),
    modes: {}, // how a click on a state of a free variable acts
    ends: [...data.ends],
  };

  const change = (edit) => () => { edit(); refresh(); remember(); };
  const actions = {
    ask: (name) => change(() => { state.question.targets = [name]; state.question.asked = {}; })(),
    mode: (name, mode) => change(() => setMode(name, mode))(),
    pick: (name, value) => change(() => pick(name, value))(),
  };
  const graph = window.tp1.networkGraph(network, actions);

  function pick(name, value) {
    const { observed, imposed } = state.question;
    const role = name in imposed ? imposed : name in observed ? observed
      : state.question[state.modes[name] ?? "observed"];
    if (role[name] === value) delete role[name];
    else role[name] = value;
  }

  function setMode(name, mode) {
    const other = mode === "observed" ? "imposed" : "observed";
    state.modes[name] = mode;
    if (name in state.question[other]) {
      state.question[mode][name] = state.question[other][name];
      delete state.question[other][name];
    }
  }

  const input = h("input", { type: "text", id: "network-question", spellcheck: "false", autocomplete: "off",
    "aria-describedby": "network-refusal" });
  const refusal = h("p", { id: "network-refusal", role: "alert" });
  const result = h("div", { class: "network-result", "aria-live": "polite" });
  const form = h("form", { class: "network-form", onsubmit: (event) => { event.preventDefault(); read(input.value); } },
    h("label", { for: "network-question" }, "Question"), input, h("button", { type: "submit" }, "Répondre"));
  const chips = Object.entries(data.queries).map(([letter, text]) => h("button", {
    type: "button", title: text, "aria-label": `Question ${letter} : ${text}`, onclick: () => read(text),
  }, letter));
  const free = h("button", { type: "button", onclick: change(() => {
    Object.assign(state.question, { observed: {}, imposed: {}, asked: {} });
    state.modes = {};
  }) }, "Tout relâcher");
  const pathList = h("ul", { class: "network-paths", "aria-live": "polite" });
  const selects = [0, 1].map((i) => h("select", { "aria-label": i === 0 ? "Chemins depuis" : "Chemins jusqu’à",
    onchange: (event) => change(() => { state.ends[i] = event.target.value; })() },
  network.names.map((name) => h("option", { value: name }, name))));

  box.append(
    form, refusal,
    h("div", { class: "network-chips", role: "group", "aria-label": "Les seize questions" }, chips, free),
    result, graph.element,
    h("p", { class: "network-legend" }, "Un clic sur un état l’observe (« voir ») ou l’impose (« faire ») ; un second le relâche. ",
      "Barre et premier nombre : la loi sachant ce qui est fixé ; trait et nombre gris : la loi a priori. ",
      "« ? » choisit la variable interrogée."),
    h("div", { class: "network-ends" }, "Chemins entre ", selects[0], " et ", selects[1]), pathList);

  // Take a typed question; what is wrong with it is said beside it, and the last good one stays.
  function read(text) {
    try {
      state.question = bayes.parse(text, network);
    } catch (error) {
      if (!(error instanceof bayes.Refusal)) throw error;
      input.value = text;
      refuse(`Question illisible : ${error.message}`);
      return;
    }
    state.modes = {};
    refresh();
    remember();
  }

  function refuse(message) {
    refusal.textContent = message;
    input.setAttribute("aria-invalid", String(message !== ""));
  }

  function refresh() {
    const { observed, imposed } = state.question;
    const laws = bayes.laws(network, observed, imposed);
    input.value = bayes.write(state.question);
    refuse("");
    showAnswer();
    const paths = showPaths();
    graph.show(state, laws, priors, paths);
    chips.forEach((chip) => chip.setAttribute("aria-pressed", String(chip.title === input.value)));
  }

  function showAnswer() {
    const contradiction = bayes.contradicts(state.question);
    let rows = [];
    let message = contradiction && `Pas de réponse : ${contradiction}`;
    try {
      rows = message ? [] : bayes.answer(network, state.question);
    } catch (error) {
      if (!(error instanceof bayes.Refusal)) throw error;
      message = `Pas de réponse : ${error.message}`;
    }
    result.replaceChildren(message ? h("p", { class: "network-none" }, message) : h("p", {},
      h("code", {}, input.value), " = ", rows.map(({ states, p }, i) => [
        i > 0 ? " ; " : "", h("span", { class: "network-answer", "data-states": states.join(" "), "data-value": p },
          h("strong", {}, decimal(p, 3)), ` (${states.join(", ")})`)])));
  }

  function showPaths() {
    const [x, y] = state.ends;
    selects.forEach((select, i) => { select.value = state.ends[i]; });
    const { observed, imposed } = state.question;
    const known = [x, y].filter((name) => name in observed || name in imposed);
    const say = (text) => { pathList.replaceChildren(h("li", {}, text)); return []; };
    if (x === y) return say("Choisissez deux variables différentes.");
    if (known.length > 0) {
      return say(`${bayes.list(known)} : état fixé. Un chemin s’étudie entre deux variables libres.`);
    }
    const paths = bayes.paths(network, x, y, observed, imposed);
    pathList.replaceChildren(...paths.map((path) => h("li", { "data-open": path.open },
      h("span", { class: "network-path" }, path.nodes.map((name, i) => (i === 0 ? name : ` ${path.arrows[i - 1]} ${name}`)).join("")),
      h("strong", { class: path.open ? "good" : "bad" }, path.open ? " ouvert" : path.cut.length > 0 ? " coupé" : " bloqué"),
      ` : ${reasons(path)}.`)));
    if (paths.length === 0) return say("Aucun chemin ne les relie.");
    return paths;
  }

  function reasons(path) {
    const cuts = path.cut.map(({ parent, child }) => `do(${child}) supprime ${parent} → ${child}`);
    const inner = path.junctions.map(({ name, role, open, why }) => `${name}, ${role}, ${open ? "laisse passer" : "arrête"} (${why})`);
    return [...cuts, ...inner].join(" ; ") || "une flèche les relie directement";
  }

  // The question and the ends of the paths are the address, so that a state can be shared.
  function remember() {
    const hash = `#${HASH}${encodeURIComponent(input.value)}&chemin=${state.ends.map(encodeURIComponent).join(",")}`;
    try { history.replaceState(null, "", hash); } catch { /* some browsers keep pages from the disk as they are */ }
  }

  function recall() {
    if (!location.hash.startsWith(`#${HASH}`)) return false;
    const [text, ends = ""] = location.hash.slice(1 + HASH.length).split("&chemin=");
    let question;
    try {
      question = decodeURIComponent(text);
      const names = ends.split(",").map(decodeURIComponent);
      if (names.length === 2 && names.every((name) => network.names.includes(name))) state.ends = names;
    } catch {
      question = text;
    }
    read(question);
    return true;
  }

  refresh();
  if (recall()) box.scrollIntoView();
  addEventListener("hashchange", recall);
});
