// The network as cards on a grid, an arrow for each edge behind them; a card shows a variable's law beside its prior.
"use strict";

window.tp1.networkGraph = (network, actions) => {
  const { h, svg, decimal } = window.tp1;
  // What only assistive technology needs, where the picture says it to the eye.
  const said = (text) => h("span", { class: "network-said" }, text);
  const cards = new Map(network.variables.map((variable) => [variable.name, card(variable)]));
  const edges = network.names.flatMap((child) => network.parents[child].map((parent) => edge(parent, child)));
  const lines = svg("svg", { class: "network-edges", "aria-hidden": "true" }, edges.map((one) => one.element));
  const element = h("div", { class: "network-graph" }, lines, [...cards.values()].map((one) => one.element));
  new ResizeObserver(place).observe(element);

  function card({ name, states, meaning }) {
    const rows = states.map((state) => {
      const bar = h("span", { class: "network-fill" });
      const tick = h("span", { class: "network-prior" });
      const value = h("span", { class: "network-value" });
      const before = h("span", { class: "network-before" });
      const button = h("button", { type: "button", class: "network-state", onclick: () => actions.pick(name, state) },
        said(`${name} = `), h("span", { class: "network-label" }, state), h("span", { class: "network-bar" }, bar, tick),
        said(" : "), value, said(", a priori "), before);
      return { state, bar, tick, value, before, button };
    });
    const ask = h("button", { type: "button", class: "network-ask", onclick: () => actions.ask(name) }, "?");
    const see = h("button", { type: "button", onclick: () => actions.mode(name, "observed") }, "voir");
    const act = h("button", { type: "button", onclick: () => actions.mode(name, "imposed") }, "faire");
    ask.setAttribute("aria-label", `Interroger ${name}`);
    see.setAttribute("aria-label", `voir : observer ${name}`);
    act.setAttribute("aria-label", `faire : imposer ${name} (do)`);
    const [column, row] = network.layout[name];
    const box = h("div", { class: "network-card", role: "group", "aria-label": `${name}, ${meaning}`,
      style: `grid-column: ${column}; grid-row: ${row}` },
    h("p", { class: "network-name" }, h("strong", {}, name), ` ${meaning}`),
    h("div", { class: "network-modes" }, ask, see, act),
    rows.map((one) => one.button));
    return { element: box, rows, ask, see, act };
  }

  function edge(parent, child) {
    const line = svg("line", { "marker-end": "url(#network-head)" });
    const cross = svg("text", { "text-anchor": "middle", "dominant-baseline": "central" }, "✂");
    return { parent, child, line, cross, element: svg("g", { class: "network-edge" }, line, cross) };
  }
  lines.prepend(svg("defs", {}, svg("marker", { id: "network-head", viewBox: "0 0 8 8", refX: 7, refY: 4,
    markerWidth: 7, markerHeight: 7, orient: "auto-start-reverse" }, svg("path", { d: "M0 0 L8 4 L0 8 z" }))));

  // Arrows go from the nearest point of one card to the nearest of the other.
  function place() {
    const frame = element.getBoundingClientRect();
    lines.setAttribute("viewBox", `0 0 ${frame.width} ${frame.height}`);
    for (const one of edges) {
      const [from, to] = [one.parent, one.child].map((name) => cards.get(name).element.getBoundingClientRect());
      const clamp = (x, box) => Math.min(Math.max(x, box.left + 14), box.right - 14);
      const [fromX, toX] = [clamp((to.left + to.right) / 2, from), clamp((from.left + from.right) / 2, to)];
      const ends = { x1: fromX - frame.left, y1: from.bottom - frame.top, x2: toX - frame.left, y2: to.top - frame.top };
      Object.entries(ends).forEach(([name, value]) => one.line.setAttribute(name, value));
      one.cross.setAttribute("x", (ends.x1 + ends.x2) / 2);
      one.cross.setAttribute("y", (ends.y1 + ends.y2) / 2);
    }
  }

  function showCard(name, state, law, prior) {
    const { element: box, rows, ask, see, act } = cards.get(name);
    const { observed, imposed } = state.question;
    const mode = name in imposed ? "imposed" : name in observed ? "observed" : "";
    const fixed = { ...observed, ...imposed }[name];
    box.dataset.mode = mode;
    const press = (button, on) => button.setAttribute("aria-pressed", String(on));
    press(ask, state.question.targets.includes(name));
    press(see, (mode || state.modes[name]) === "observed");
    press(act, (mode || state.modes[name]) === "imposed");
    rows.forEach((one, i) => {
      press(one.button, one.state === fixed);
      const known = law !== null;
      one.bar.style.width = known ? `${100 * law[i]}%` : "0";
      one.tick.style.left = `${100 * prior[i]}%`;
      one.value.textContent = known ? decimal(law[i], 3) : "–";
      one.before.textContent = decimal(prior[i], 3);
      one.button.dataset.value = known ? law[i] : "";
    });
  }

  function showEdge(one, state, paths) {
    const touches = (path) => path.nodes.some((node, i) => {
      const next = path.nodes[i + 1];
      return (node === one.parent && next === one.child) || (node === one.child && next === one.parent);
    });
    const on = paths.filter(touches);
    one.element.classList.toggle("cut", one.child in state.question.imposed);
    one.element.classList.toggle("open", on.some((path) => path.open));
    one.element.classList.toggle("blocked", on.length > 0 && !on.some((path) => path.open));
  }

  function show(state, laws, priors, paths) {
    network.names.forEach((name) => showCard(name, state, laws && laws[name], priors[name]));
    edges.forEach((one) => showEdge(one, state, paths));
    place();
  }

  return { element, show };
};
