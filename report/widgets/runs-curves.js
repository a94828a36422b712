// The learning curves of the results explorer: mean NLL and accuracy against the epoch, a thin line for every seed, full
// in validation and dashed in training, as in the chapters.
"use strict";

Object.assign(tp1.runs, (() => {
  const { h, svg } = tp1;
  const { NBSP, lostCount } = tp1.runs;
  const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [340, 230, 46, 20, 10, 36];
  const PANELS = [
    { title: "NLL moyenne (nats, échelle log.)", train: "train_loss", val: "val_loss", log: true },
    { title: "Exactitude (%)", train: "train_accuracy", val: "val_accuracy", log: false },
  ];
  const SLOTS = ["A", "B"];

  // 1, 2 or 5 times a power of ten: from four to ten of them in the span.
  function niceStep(span) {
    const power = 10 ** Math.floor(Math.log10(span / 4) + 1e-9);
    return [5, 2, 1].map((m) => m * power).find((step) => step <= (span / 4) * 1.001);
  }

  const digitsOf = (value) => Math.max(0, -Math.floor(Math.log10(value) + 1e-9));
  const tick = (value, digits) => ({ value, text: tp1.decimal(value, digits) });

  function linearTicks(low, high, step = niceStep(high - low)) {
    const first = Math.ceil(low / step - 1e-9);
    const ticks = Array.from({ length: Math.floor(high / step + 1e-9) - first + 1 }, (_, i) => (first + i) * step);
    return ticks.map((value) => tick(value, digitsOf(step)));
  }

  function logTicks(low, high) {
    const powers = [];
    for (let k = Math.floor(Math.log10(low)); k <= Math.ceil(Math.log10(high)); k += 1) powers.push(10 ** k);
    const inside = (values) => values.filter((v) => v >= low * 0.999 && v <= high * 1.001);
    const fine = inside(powers.flatMap((p) => [p, 2 * p, 5 * p]));
    if (fine.length < 3) return linearTicks(low, high);
    return (fine.length > 8 ? inside(powers) : fine).map((v) => tick(v, digitsOf(v)));
  }

  // Where values stand: from pixels of the drawing to epochs and back, and the height of a measure.
  function frame(panel, values, first, last) {
    const scaled = panel.log ? (v) => Math.log(Math.max(v, 1e-9)) : (v) => v;
    let [low, high] = values.length > 0 ? [Math.min(...values), Math.max(...values)] : panel.log ? [0.1, 1] : [0, 1];
    [low, high] = [scaled(low), scaled(high)];
    const air = (high - low) * 0.05 || 0.05;
    [low, high] = [low - air, high + air];
    const ends = panel.log ? [Math.exp(low), Math.exp(high)] : [Math.max(0, low), Math.min(1, high)];
    const ticks = panel.log ? logTicks(...ends)
      : linearTicks(100 * ends[0], 100 * ends[1]).map(({ value, text }) => ({ value: value / 100, text }));
    const wide = WIDTH - LEFT - RIGHT;
    const span = last - first || 1;
    return {
      ticks,
      x: (epoch) => LEFT + (wide * (epoch - first)) / span,
      y: (value) => TOP + ((HEIGHT - TOP - BOTTOM) * (high - scaled(value))) / (high - low),
      epoch: (x) => Math.min(last, Math.max(first, Math.round(first + ((x - LEFT) / wide) * span))),
    };
  }

  function axes(place, first, last) {
    const bottom = HEIGHT - BOTTOM;
    const epochs = linearTicks(first, last, Math.max(1, niceStep(last - first || 1)));
    return [
      ...place.ticks.map(({ value, text }) => svg("g", {},
        svg("line", { class: "runs-grid", x1: LEFT, x2: WIDTH - RIGHT, y1: place.y(value), y2: place.y(value) }),
        svg("text", { x: LEFT - 6, y: place.y(value) + 4, "text-anchor": "end" }, text))),
      ...epochs.map(({ value }) => svg("text", { x: place.x(value), y: bottom + 16, "text-anchor": "middle" }, String(value))),
      svg("text", { x: (LEFT + WIDTH - RIGHT) / 2, y: HEIGHT - 4, "text-anchor": "middle" }, "époque"),
      svg("line", { class: "runs-axis", x1: LEFT, x2: WIDTH - RIGHT, y1: bottom, y2: bottom }),
    ];
  }

  // The epochs of a run that can be drawn: its losses are finite there.
  const drawn = (run, first) => run.finite.flatMap((good, epoch) => (good && epoch >= first ? [epoch] : []));

  function line(run, name, slot, place, first) {
    const curve = run.curves[name];
    const epochs = drawn(run, first);
    const points = epochs.map((e, i) => {
      const joined = i > 0 && epochs[i - 1] === e - 1;
      return `${joined ? "L" : "M"}${place.x(e).toFixed(2)} ${place.y(curve[e]).toFixed(2)}${joined ? "" : "l0 0"}`;
    });
    const kind = name.startsWith("train") ? "train" : "val";
    return svg("path", {
      class: `runs-line runs-${slot} runs-${kind}`, d: points.join(""),
      "data-slot": slot, "data-seed": run.seed, "data-measure": name, "data-values": curve.map((v) => v ?? "").join(","),
    });
  }

  // A cross where a run was last seen before its loss ceased to be finite.
  function cross(run, name, slot, place, first) {
    const last = run.finite.indexOf(false) - 1;
    if (last < first) return null;
    const [x, y] = [place.x(last), place.y(run.curves[name][last])];
    return svg("path", { class: `runs-cross runs-${slot}`, d: `M${x - 4} ${y - 4}l8 8m0 -8l-8 8` });
  }

  // The letters at the ends of the curves, apart from each other.
  function letters(chosen, panel, place, last) {
    const ends = SLOTS.flatMap((slot) => {
      const kept = (chosen[slot]?.runs ?? []).filter((run) => run.finite[last]);
      const values = kept.map((run) => place.y(run.curves[panel.val][last]));
      return values.length > 0 ? [{ slot, y: values.reduce((sum, y) => sum + y, 0) / values.length }] : [];
    });
    if (ends.length === 2) {
      const short = Math.max(0, 14 - Math.abs(ends[0].y - ends[1].y)) / 2;
      const upper = ends[0].y <= ends[1].y ? 0 : 1;
      ends[upper].y -= short;
      ends[1 - upper].y += short;
    }
    return ends.map(({ slot, y }) => svg("text", { class: `runs-letter runs-${slot}`, x: WIDTH - RIGHT + 6, y: y + 4 }, slot));
  }

  function drawPanel(panel, search, chosen, first, point) {
    const cells = SLOTS.filter((slot) => chosen[slot]);
    const each = (draw) => cells.flatMap((slot) => chosen[slot].runs.flatMap((run) => draw(run, slot)));
    const values = each((run) => drawn(run, first).flatMap((e) => [run.curves[panel.train][e], run.curves[panel.val][e]]));
    const place = frame(panel, values, first, search.last);
    const cursor = svg("line", { class: "runs-cursor", y1: TOP, y2: HEIGHT - BOTTOM });
    const picture = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img",
      "aria-label": `${panel.title} selon l’époque. Les valeurs sont dans le tableau qui suit.` },
    axes(place, first, search.last),
    each((run, slot) => [panel.train, panel.val].map((name) => line(run, name, slot, place, first))),
    each((run, slot) => (run.lost ? [cross(run, panel.val, slot, place, first)] : [])),
    letters(chosen, panel, place, search.last), cursor);
    picture.addEventListener("pointermove", (event) => {
      const box = picture.getBoundingClientRect();
      point(place.epoch(((event.clientX - box.left) / box.width) * WIDTH));
    });
    const mark = (epoch) => ["x1", "x2"].forEach((end) => cursor.setAttribute(end, place.x(epoch)));
    return { element: h("div", {}, h("p", { class: "runs-panel-title" }, panel.title), picture), mark };
  }

  function legend(chosen) {
    const cells = SLOTS.filter((slot) => chosen[slot]);
    const lost = (cell) => {
      const [count, all] = [lostCount(cell), cell.runs.length];
      if (count === 0) return "";
      const s = count > 1 ? "s" : "";
      return count === all ? " (divergée)" : ` (${count} graine${s} sur ${all} divergée${s})`;
    };
    const named = (slot) => `${NBSP}: ${chosen[slot].words}${lost(chosen[slot])}`;
    const sample = (kind) => svg("svg", { viewBox: "0 0 28 8", width: 28, height: 8, "aria-hidden": "true" },
      svg("path", { class: `runs-line runs-${kind}`, d: "M0 4L28 4" }));
    return h("ul", { class: "runs-legend" },
      cells.map((slot) => h("li", { class: `runs-${slot}` }, h("b", {}, slot), named(slot))),
      h("li", {}, sample("val"), " validation"),
      h("li", {}, sample("train"), " entraînement"),
      h("li", {}, "une ligne par graine"),
      cells.some((slot) => lostCount(chosen[slot]) > 0)
        ? h("li", {}, `×${NBSP}: dernière époque dont la perte est finie`) : null);
  }

  // Draw the chosen cells from an epoch on; `point` is told over which epoch the pointer is.
  function curves(search, chosen, first, point) {
    const panels = PANELS.map((panel) => drawPanel(panel, search, chosen, first, point));
    return {
      element: h("div", {}, legend(chosen), h("div", { class: "runs-panels" }, panels.map(({ element }) => element))),
      mark: (epoch) => panels.forEach((panel) => panel.mark(epoch)),
    };
  }

  return { curves };
})());
