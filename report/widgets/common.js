// What the widgets share. A widget is a function that builds its contents from its data, registered by name; it finds
// an empty box that the chapter left, and without script the box stays empty: the figure beside it says the same.
"use strict";

// A page with several widgets loads this file for each.
window.tp1 ??= (() => {
  const widgets = new Map();

  // Build an element: h("button", { class: "on", onclick: f }, "text", child, …).
  function h(tag, attributes = {}, ...children) {
    return fill(document.createElement(tag), attributes, children);
  }

  function svg(tag, attributes = {}, ...children) {
    return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
  }

  function fill(element, attributes, children) {
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else if (value === true) element.setAttribute(name, "");
      else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
    }
    element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
    return element;
  }

  // A number as the prose has it, with a decimal comma.
  function decimal(value, digits = 4) {
    return value.toFixed(digits).replace(".", ",").replace("-", "−");
  }

  // What was typed, with a comma or a point; null unless it is a finite number.
  function parseDecimal(text) {
    const trimmed = text.trim().replace("−", "-").replace(",", ".");
    return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(trimmed) && Number.isFinite(Number(trimmed)) ? Number(trimmed) : null;
  }

  class BadData extends Error {}

  function start(box) {
    const source = box.querySelector(":scope > script[type='application/json']");
    const name = box.dataset.widget;
    box.hidden = false;
    try {
      let data;
      try {
        data = JSON.parse(source.textContent);
      } catch {
        throw new BadData("ses données ne sont pas du JSON");
      }
      const contents = h("div", { class: "widget-body" });
      widgets.get(name)(contents, data);
      box.append(contents);
    } catch (error) {
      const what = error instanceof BadData ? error.message : "ses données n’ont pas la forme attendue";
      box.append(h("p", { class: "widget-broken", role: "alert" },
        `Cette partie interactive ne peut pas démarrer : ${what}. La figure voisine et le texte disent la même chose.`));
    }
  }

  function register(name, build) {
    widgets.set(name, build);
    document.querySelectorAll(`.widget[data-widget="${name}"]`).forEach(start);
  }

  // Refuse data before anything is drawn from it.
  function demand(condition, message) {
    if (!condition) throw new BadData(message);
  }

  return { h, svg, decimal, parseDecimal, demand, register };
})();
