// What the stepper draws: the network with its values in the units, matrices, the curve of the loss.
"use strict";

window.tp1.backpropDrawings = (() => {
  const { h, svg, decimal } = window.tp1;
  const SUPERSCRIPTS = Object.fromEntries([..."0123456789-"].map((digit, i) => [digit, [..."⁰¹²³⁴⁵⁶⁷⁸⁹⁻"][i]]));

  // A number with so many digits after the comma, or with its power of ten where they would hide it.
  function fixed(value, digits) {
    const size = Math.abs(value);
    if (value === 0 || (size >= 0.5 * 10 ** -digits && size < 9999.5)) return decimal(value, digits);
    const [mantissa, exponent] = value.toExponential(1).split("e");
    const power = [...exponent.replace("+", "")].map((digit) => SUPERSCRIPTS[digit]).join("");
    return `${decimal(Number(mantissa), 1)}·10${power}`;
  }

  const short = (value) => fixed(value, 3).replace(/,?0+$/, "");

  // Say in an element a number, or that it is not computed yet.
  function put(element, value) {
    element.textContent = value === null ? "–" : short(value);
    if (value === null) delete element.dataset.value;
    else element.dataset.value = value;
  }

  // A matrix, or a vector as a column; the bias of parameters and gradients stands apart.
  function matrix(name, rows, columns, symbol, title) {
    const cells = Array.from({ length: rows }, () => Array.from({ length: columns }, () => h("td")));
    const table = h("table", { "aria-label": title }, h("tbody", {}, cells.map((row) => h("tr", {}, row))));
    const element = h("div", { class: "backprop-quantity", "data-quantity": name }, symbol, " = ",
      h("div", { class: `backprop-matrix${columns > 1 ? " with-bias" : rows === 1 ? " scalar" : ""}` }, table));
    const show = (values) => cells.flat().forEach((cell, i) => put(cell, values && [values].flat(2)[i]));
    return { name, element, show };
  }

  const UNITS = { input: { x: 42, ys: [75, 145] }, hidden: { x: 170, ys: [40, 110, 180] }, output: { x: 298, ys: [66, 158] } };
  const ONES = { one0: { x: 42, y: 238 }, one1: { x: 170, y: 238 } };
  const HALF = { width: 38, height: { input: 20, hidden: 32, output: 32 }, one: 13 };
  const ROWS = {
    input: (i) => [[`x${"₁₂"[i]} `, "x"]],
    hidden: () => [["a ", "a1"], ["h ", "h1"], ["δ ", "delta1"]],
    output: () => [["a ", "a2"], ["p̂ ", "p"], ["δ ", "delta2"]],
  };

  function network() {
    const numbers = []; // where entry i of a quantity is written
    const text = (x, y, label, name, i) => {
      const span = svg("tspan", { "data-of": name, "data-index": i });
      const line = svg("text", { x, y, lengthAdjust: "spacingAndGlyphs" }, svg("tspan", { class: "symbol" }, label), span);
      numbers.push({ line, span, name, i });
      return line;
    };
    const units = Object.entries(UNITS).flatMap(([kind, { x, ys }]) => ys.map((y, i) => {
      const rows = ROWS[kind](i);
      const top = y + 4 - 7 * (rows.length - 1);
      return { kind, i, element: svg("g", { class: "unit" }, svg("ellipse", { cx: x, cy: y, rx: HALF.width, ry: HALF.height[kind] }),
        rows.map(([label, name], r) => text(x, top + 14 * r, label, name, i)),
        kind === "output" ? text(x, y - 37, "y = ", "y", i) : null) };
    }));
    const ones = Object.entries(ONES).map(([kind, { x, y }]) => ({ kind, i: 0, element: svg("g", { class: "unit" },
      svg("circle", { cx: x, cy: y, r: HALF.one }), svg("text", { x, y: y + 4 }, "1")) }));
    const loss = { kind: "loss", i: 0, element: svg("g", { class: "unit" },
      svg("rect", { x: 260, y: 216, width: 76, height: 40, rx: 4 }), svg("text", { x: 298, y: 232 }, "perte"),
      text(298, 247, "", "loss", 0)) };
    const edges = [["theta1", "input", "one0", "hidden"], ["theta2", "hidden", "one1", "output"]].flatMap(([name, from, one, to]) =>
      UNITS[to].ys.flatMap((y2) => {
        const line = (x1, y1) => svg("line", { class: "edge", x1, y1, x2: UNITS[to].x - HALF.width, y2 });
        return [...UNITS[from].ys.map((y1) => ({ name, element: line(UNITS[from].x + HALF.width, y1) })),
          { name, bias: true, element: line(ONES[one].x + HALF.one, ONES[one].y) }];
      }));
    const all = [...units, ...ones, loss];
    const element = svg("svg", { class: "backprop-network", viewBox: "0 0 340 262", role: "img", "aria-label":
      "Le réseau : deux entrées, trois unités cachées, deux sorties. Les matrices plus bas donnent les mêmes valeurs." },
    edges.map((edge) => edge.element), all.map((unit) => unit.element));

    // `values` holds null for what is not computed yet.
    function show(values, step) {
      for (const { line, span, name, i } of numbers) {
        put(span, values[name] && [values[name]].flat()[i]);
        // A long number is set closer, to stay in its unit.
        if (line.textContent.length > 10) line.setAttribute("textLength", 2 * HALF.width - 10);
        else line.removeAttribute("textLength");
      }
      for (const { kind, i, element: drawn } of all) {
        drawn.classList.toggle("lit", Boolean(step?.units.includes(kind)));
        drawn.classList.toggle("inactive", kind === "hidden" && values.h1 !== null && values.a1[i] <= 0);
      }
      // The gradient of the activations (line 10) leaves the bias out.
      for (const { name, bias, element: drawn } of edges) {
        drawn.classList.toggle("lit", Boolean(step?.edges?.includes(name)) && !(bias && step.writes.includes("g1")));
      }
    }
    return { element, show };
  }

  // The loss against the number of updates, from 0 up.
  function curve() {
    const BOX = { left: 46, right: 330, top: 14, bottom: 78 };
    const drawing = svg("svg", { class: "backprop-curve", viewBox: "0 0 340 100", role: "img" });
    function show(losses) {
      const largest = Math.max(...losses) || 1;
      const last = Math.max(1, losses.length - 1);
      const points = losses.map((loss, t) => [BOX.left + (BOX.right - BOX.left) * (t / last),
        BOX.bottom - (BOX.bottom - BOX.top) * (loss / largest)]);
      drawing.setAttribute("aria-label", `Courbe de la perte, de ${fixed(losses[0], 4)} à ${fixed(losses.at(-1), 4)}.`);
      drawing.replaceChildren(svg("g", {},
        svg("path", { class: "axes", d: `M${BOX.left} ${BOX.top - 6}V${BOX.bottom}H${BOX.right}` }),
        svg("text", { x: BOX.left - 6, y: BOX.top + 4, class: "end" }, fixed(largest, 2)),
        svg("text", { x: BOX.left - 6, y: BOX.bottom + 4, class: "end" }, "0"),
        svg("text", { x: BOX.left, y: BOX.bottom + 16 }, "0"),
        losses.length > 1 ? svg("text", { x: BOX.right, y: BOX.bottom + 16 }, String(losses.length - 1)) : null,
        svg("text", { x: (BOX.left + BOX.right) / 2, y: BOX.bottom + 16 }, "mises à jour"),
        svg("polyline", { points: points.join(" ") }),
        points.map(([cx, cy], t) => svg("circle", { cx, cy, r: t === losses.length - 1 ? 3.5 : 2, "data-loss": losses[t] }))));
    }
    return { element: drawing, show };
  }

  return { fixed, short, matrix, network, curve };
})();
