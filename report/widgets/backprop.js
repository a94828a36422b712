// The backpropagation stepper: chapter 3's pseudocode, line by line, on its worked example, then descent.
"use strict";

window.tp1.register("backprop", (box, data) => {
  const { h, parseDecimal, demand } = window.tp1;
  const { STEPS, UPDATE, read, pass, descend } = window.tp1.backprop;
  const { fixed, short, matrix, network, curve } = window.tp1.backpropDrawings;
  const start = read(data);
  const state = { ...start, step: 0, updated: false };
  const TOO_LARGE = "des valeurs dépasseraient ce que la double précision sait écrire (environ 1,8·10³⁰⁸)";

  const math = (inner) => {
    const holder = h("span");
    holder.innerHTML = `<math>${inner}</math>`;
    return holder.firstChild;
  };
  const layered = (symbol, layer) => `<msup><mi>${symbol}</mi><mrow>
    <mo stretchy="false" form="prefix">(</mo>${layer}<mo stretchy="false" form="postfix">)</mo></mrow></msup>`;
  const hat = '<mover><mi>p</mi><mo accent="true">̂</mo></mover>';
  const loss = '<mi mathvariant="normal">ℒ</mi>';

  // The pseudocode is the chapter's own table: its references, its formulas closer set and without the sizes under braces.
  function readLines() {
    const rows = [...document.querySelectorAll("#tbl-mlp-pseudocode tbody tr")];
    const lines = rows.map(({ cells }) => {
      const formula = h("span", {}, [...cells[1].childNodes].map((node) => node.cloneNode(true)));
      formula.querySelectorAll("munder > munder:first-child").forEach((braced) => {
        braced.parentNode.replaceWith(braced.firstElementChild);
      });
      formula.querySelectorAll("mspace").forEach((space) => {
        if (parseFloat(space.getAttribute("width")) >= 1) space.setAttribute("width", "0.5em");
      });
      return { line: cells[0].textContent.trim(), formula, label: cells[2].querySelector("a")?.hash.slice(1) };
    });
    demand(STEPS.every(({ line, label }) => label || lines.some((one) => one.line === line)),
      "le tableau du pseudocode manque à la page");
    const own = (step, inner) => ({ line: step.line, label: step.label, formula: h("span", {}, math(inner)) });
    const lossStep = STEPS.find((step) => step.line === "loss");
    const lossLine = own(lossStep, `<mrow>${loss}<mo>←</mo><mo>−</mo>
      <mi mathvariant="normal">log</mi><mspace width="0.167em"></mspace><msub>${hat}<mi>k</mi></msub></mrow>`);
    lossLine.formula.append(", où ", math("<mi>k</mi>"), " est la vraie classe");
    const before = lines.findIndex((one) => one.line === STEPS[STEPS.indexOf(lossStep) + 1].line);
    const theta = layered("θ", "<mi>l</mi>");
    return [...lines.slice(0, before), lossLine, ...lines.slice(before),
      own(UPDATE, `<mrow>${theta}<mo>←</mo>${theta}<mo>−</mo>
        <mi>η</mi><mspace width="0.167em"></mspace>${layered("G", "<mi>l</mi>")}</mrow>`)];
  }

  const lines = readLines().map((one) => {
    const index = h("span", { class: "backprop-index" });
    const number = /^\d+$/.test(one.line) ? one.line : "·";
    const element = h("li", { "data-line": one.line }, h("span", { class: "backprop-number" }, number), one.formula, index);
    return { ...one, index, element };
  });

  const QUANTITIES = {
    "Donné": [["x", 2, 1, "<mi>x</mi>", "Entrée x"], ["y", 2, 1, "<mi>y</mi>", "Cible y"],
      ["theta1", 3, 3, layered("θ", "<mn>1</mn>"), "Paramètres θ de la couche 1, le biais à droite"],
      ["theta2", 2, 4, layered("θ", "<mn>2</mn>"), "Paramètres θ de la couche 2, le biais à droite"]],
    "Aller": [["h0", 2, 1, layered("h", "<mn>0</mn>"), "Activations h de la couche 0"],
      ["a1", 3, 1, layered("a", "<mn>1</mn>"), "Préactivations a de la couche 1"],
      ["h1", 3, 1, layered("h", "<mn>1</mn>"), "Activations h de la couche 1"],
      ["a2", 2, 1, layered("a", "<mn>2</mn>"), "Préactivations a de la couche 2"],
      ["p", 2, 1, hat, "Probabilités p chapeau"], ["loss", 1, 1, loss, "Perte"]],
    "Retour": [["delta2", 2, 1, layered("δ", "<mn>2</mn>"), "Erreur δ de la couche 2"],
      ["G2", 2, 4, layered("G", "<mn>2</mn>"), "Gradient G des paramètres de la couche 2, le biais à droite"],
      ["g1", 3, 1, layered("g", "<mn>1</mn>"), "Gradient g des activations de la couche 1"],
      ["delta1", 3, 1, layered("δ", "<mn>1</mn>"), "Erreur δ de la couche 1"],
      ["G1", 3, 3, layered("G", "<mn>1</mn>"), "Gradient G des paramètres de la couche 1, le biais à droite"]],
  };
  const groups = Object.entries(QUANTITIES).map(([name, rows]) => ({ name,
    quantities: rows.map(([quantity, n, m, symbol, title]) => matrix(quantity, n, m, math(symbol), title)) }));
  const quantities = groups.flatMap((group) => group.quantities);
  const given = QUANTITIES["Donné"].map(([name]) => name);

  const status = h("p", { class: "backprop-status", "aria-live": "polite" });
  const notice = h("p", { class: "backprop-refusal", role: "alert" });
  const equation = h("div", { class: "backprop-equation" });
  const summary = h("p", { class: "backprop-summary", "aria-live": "polite" });
  const drawn = network();
  const losses = curve();

  const button = (label, act) => h("button", { type: "button", onclick: () => { notice.textContent = ""; act(); refresh(); } }, label);
  const back = button("← Reculer", () => { state.step = Math.max(0, state.step - 1); });
  const forward = button("Avancer →", () => { state.step = Math.min(STEPS.length, state.step + 1); });
  const finish = button("Finir la passe", () => { state.step = STEPS.length; });
  const update = button("Mettre à jour θ", descendOnce);
  const again = button("Recommencer", () => {
    begin({ thetas: start.thetas, step: 0 });
    fields.forEach((field) => field.restore());
  });
  const buttons = h("div", { class: "backprop-buttons", role: "group", "aria-label": "Pas à pas",
    "aria-keyshortcuts": "ArrowLeft ArrowRight",
    onkeydown: (event) => {
      const pressed = { ArrowLeft: back, ArrowRight: forward }[event.key];
      if (!pressed || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      pressed.click();
    } }, back, forward, finish, update, again);

  // Take a change of parameters or of example if all stays finite: another curve begins.
  function begin(change) {
    const values = pass({ ...state, ...change });
    if (values === null) return false;
    Object.assign(state, change, { values, losses: [values.loss], updated: false });
    return true;
  }

  function descendOnce() {
    const thetas = descend(state.thetas, state.values, state.lr);
    const values = pass({ ...state, thetas });
    if (values === null) {
      notice.textContent = `Mise à jour refusée : au taux η = ${short(state.lr)}, ${TOO_LARGE}. Choisissez un taux plus petit.`;
      return;
    }
    Object.assign(state, { thetas, values, losses: [...state.losses, values.loss], step: 0, updated: true });
  }

  const typed = (value) => String(value).replace(".", ",").replace("-", "−");

  // A number to type: `set` takes it or says what is wrong with it, and then the last good one stays.
  function field(id, label, get, set) {
    const refusal = h("p", { class: "backprop-refusal", id: `backprop-${id}-refusal`, role: "alert" });
    const input = h("input", { id: `backprop-${id}`, type: "text", autocomplete: "off", maxlength: 24,
      "aria-describedby": refusal.id, onchange: take });
    const say = (message) => {
      refusal.textContent = message && `${label} : ${message} ; le calcul garde ${typed(get())}.`;
      input.setAttribute("aria-invalid", String(message !== ""));
    };
    function take() {
      const value = parseDecimal(input.value);
      notice.textContent = "";
      say(value === null ? "un nombre fini est attendu, comme 0,5 ou −2" : set(value));
      refresh();
    }
    const restore = () => { input.value = typed(get()); say(""); };
    restore();
    return { element: h("label", {}, label, " ", input), refusal, restore };
  }

  const inputField = (i) => field(`x${i + 1}`, `x${"₁₂"[i]}`, () => state.x[i], (value) =>
    (begin({ x: state.x.map((old, j) => (j === i ? value : old)) }) ? "" : `avec ${short(value)}, ${TOO_LARGE}`));
  const rate = field("lr", "taux η", () => state.lr, (value) => {
    if (value < 0) return "un taux négatif remonterait la pente";
    state.lr = value;
    return "";
  });
  const fields = [inputField(0), inputField(1), rate];
  const target = h("select", { id: "backprop-target", autocomplete: "off", onchange: () => {
    const accepted = begin({ target: Number(target.value) });
    notice.textContent = accepted ? "" : `Classe refusée : ${TOO_LARGE}.`;
    target.value = state.target;
    refresh();
  } }, ["première", "seconde"].map((name, k) => h("option", { value: k }, name)));
  target.value = state.target;

  box.append(
    h("div", { class: "backprop-fields", role: "group", "aria-label": "Exemple et taux d’apprentissage" },
      fields[0].element, fields[1].element, h("label", {}, "vraie classe ", target), rate.element),
    ...fields.map((one) => one.refusal),
    h("div", { class: "backprop-bar" }, buttons, notice, status),
    h("div", { class: "backprop-main" },
      h("ol", { class: "backprop-lines", "aria-label": "Pseudocode" }, lines.map((one) => one.element)),
      h("div", {}, drawn.element, summary, losses.element)),
    equation,
    ...groups.map(({ name, quantities: ones }) => h("div", { class: "backprop-group", role: "group", "aria-label": name },
      h("p", {}, name), ones.map((one) => one.element))),
    h("p", { class: "backprop-legend" }, "Fond coloré : ce que la ligne calcule ; bord pointillé : ce qu’elle lit. ",
      "En bleu et en traits pleins, l’aller ; en orange et en tirets, le retour. ",
      "Les flèches → et ← du clavier avancent et reculent depuis les boutons. ",
      "Les nombres sont arrondis à l’affichage seulement."));

  function showLines(step) {
    for (const { line, element, index } of lines) {
      const active = step?.line === line;
      element.classList.toggle("active", active);
      element.classList.toggle("loop", step?.loop === line);
      if (active) element.setAttribute("aria-current", "step");
      else element.removeAttribute("aria-current");
      index.textContent = step?.loop === line ? `l = ${step.layer}` : "";
    }
  }

  // The page's own equation where it has one, the line itself elsewhere; and where to read of it.
  function showEquation(step) {
    const line = lines.find((one) => one.line === step?.line);
    const original = line?.label && document.getElementById(line.label)?.querySelector("math");
    const link = line?.label && document.querySelector(`a.quarto-xref[href$="#${line.label}"]`);
    const formula = line ? (original || line.formula).cloneNode(true) : "L’équation de la ligne active se montre ici.";
    equation.replaceChildren(h("div", { class: "backprop-formula" }, formula),
      ...(link ? [h("a", { href: link.getAttribute("href") }, `Équation ${link.textContent.trim().split(/\s/).at(-1)}`)] : []));
  }

  function describe(step) {
    if (!step) return "Rien n’est encore calculé. Avancez d’un pas, ou finissez la passe.";
    if (step === UPDATE) return `Mise à jour : ${step.says}`;
    const line = step.line === "loss" ? "perte" : `ligne ${step.line}`;
    return `Pas ${state.step} sur ${STEPS.length}, ${line}${step.layer ? `, l = ${step.layer}` : ""} : ${step.says}`;
  }

  function showLosses() {
    const number = (value) => h("strong", { "data-value": value }, fixed(value, 4));
    const updates = state.losses.length - 1;
    summary.replaceChildren("perte : ", number(state.losses[0]), ...(updates === 0 ? [" avant toute mise à jour"]
      : [" → ", number(state.losses.at(-1)), ` après ${updates} ${updates > 1 ? "mises" : "mise"} à jour`]));
    losses.show(state.losses);
  }

  function refresh() {
    const step = state.step > 0 ? STEPS[state.step - 1] : state.updated ? UPDATE : null;
    const known = new Set([...given, ...STEPS.slice(0, state.step).flatMap((one) => one.writes)]);
    const values = Object.fromEntries(Object.entries(state.values).map(([name, value]) => [name, known.has(name) ? value : null]));
    for (const one of quantities) {
      one.show(values[one.name]);
      one.element.classList.toggle("newest", Boolean(step?.writes.includes(one.name)));
      one.element.classList.toggle("read", Boolean(step?.reads.includes(one.name)));
    }
    box.classList.toggle("backprop-back", Boolean(step?.back));
    drawn.show(values, step);
    showLines(step);
    showEquation(step);
    showLosses();
    status.textContent = describe(step);
    back.setAttribute("aria-disabled", String(state.step === 0));
    for (const one of [forward, finish]) one.setAttribute("aria-disabled", String(state.step === STEPS.length));
  }

  begin({});
  refresh();
});
