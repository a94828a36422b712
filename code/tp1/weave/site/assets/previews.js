// What a reference points to, shown beside it: under the mouse, or where the keyboard is; never on touch, where
// following the link is as quick. What stands on another page comes from an index, read at the first need of it.
"use strict";

(() => {
  const root = new URL("..", document.currentScript.src);
  const REFERENCE = /^#((fig|tbl|eq|sec|ref)-|fn\d)/;
  const DELAY = 180; // ms; a mouse that only passes shows nothing
  const GRACE = 250; // ms to reach the preview with the mouse

  const box = document.createElement("div");
  box.id = "apercu";
  box.className = "preview";
  box.setAttribute("role", "tooltip");
  box.hidden = true;
  document.querySelector("main").append(box); // where tables and formulas have their looks

  let link = null; // whose preview is shown or about to be
  let timer = 0;

  function referenceOf(target) {
    const found = target.closest?.("main a[href*='#']");
    if (!found || !REFERENCE.test(found.hash)) return null;
    return document.getElementById(found.hash.slice(1))?.contains(found) && isHere(found) ? null : found;
  }

  function isHere(reference) {
    return reference.pathname === location.pathname && reference.host === location.host;
  }

  // A section is its heading and its first paragraph.
  function partsHere(id) {
    const target = document.getElementById(id);
    if (!target) return [];
    const parts = [target.cloneNode(true)];
    if (/^H[1-6]$/.test(target.tagName)) {
      let next = target.nextElementSibling;
      while (next && !/^(P|H[1-6])$/.test(next.tagName)) next = next.nextElementSibling;
      if (next?.tagName === "P") parts.push(next.cloneNode(true));
    }
    return parts;
  }

  let reading = null;

  function loadIndex() {
    reading ??= new Promise((resolve) => {
      const script = document.createElement("script");
      script.src = new URL("assets/previews-index.js", root).href;
      script.onload = script.onerror = resolve;
      document.head.append(script);
    });
    return reading;
  }

  async function partsElsewhere(reference) {
    await loadIndex();
    const key = decodeURIComponent(reference.href.slice(root.href.length));
    const template = document.createElement("template");
    template.innerHTML = window.tp1Previews?.[key] ?? "";
    template.content.querySelectorAll("img").forEach((image) => {
      image.src = new URL(image.getAttribute("src"), reference.href).href;
    });
    return [...template.content.children];
  }

  // A copy is to be looked at: nothing in it has a name of its own or can be reached.
  function disarm(part) {
    [part, ...part.querySelectorAll("*")].forEach((element) => {
      ["id", "tabindex", "href", "role"].forEach((name) => element.removeAttribute(name));
      if (element.tagName === "IMG") element.loading = "eager";
    });
    part.querySelectorAll("button, .footnote-back").forEach((element) => element.remove());
    return part;
  }

  // What is too large is made smaller, down to where it can still be read; what is still too long fades out.
  function fit() {
    box.classList.remove("cut");
    box.querySelectorAll("math[display=block], table").forEach((large) => {
      const excess = box.scrollHeight - box.clientHeight;
      const high = large.tagName === "TABLE" ? (large.offsetHeight - excess) / large.offsetHeight : 1;
      const ratio = Math.min(high, large.clientWidth / large.scrollWidth);
      if (ratio < 1) large.style.zoom = Math.max(ratio * 0.98, 0.65);
    });
    box.classList.toggle("cut", box.scrollHeight > box.clientHeight + 4);
  }

  // Below the reference where there is room, above it otherwise.
  function place() {
    const around = link.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = box;
    const room = document.documentElement;
    const left = Math.min(Math.max(around.left - 16, 8), room.clientWidth - width - 8);
    const below = around.bottom + height + 8 < room.clientHeight || around.top - height - 8 < 0;
    box.style.left = `${left + scrollX}px`;
    box.style.top = `${(below ? around.bottom + 6 : around.top - height - 6) + scrollY}px`;
  }

  async function show(reference) {
    const parts = isHere(reference) ? partsHere(reference.hash.slice(1)) : await partsElsewhere(reference);
    if (link !== reference || parts.length === 0) return;
    box.replaceChildren(...parts.map(disarm));
    box.hidden = false;
    reference.setAttribute("aria-describedby", box.id);
    fit();
    place();
    box.querySelectorAll("img").forEach((image) => image.addEventListener("load", () => {
      if (link === reference) place();
    }));
  }

  function hide() {
    clearTimeout(timer);
    link?.removeAttribute("aria-describedby");
    link = null;
    box.hidden = true;
    box.replaceChildren();
  }

  function soon(reference, delay) {
    clearTimeout(timer);
    if (reference === link) return;
    timer = setTimeout(() => {
      hide();
      link = reference;
      show(reference);
    }, delay);
  }

  document.addEventListener("pointerover", (event) => {
    if (event.pointerType === "touch") return;
    if (box.contains(event.target)) {
      clearTimeout(timer);
      return;
    }
    const reference = referenceOf(event.target);
    if (reference) soon(reference, DELAY);
  });
  document.addEventListener("pointerout", (event) => {
    if (event.pointerType === "touch") return;
    const left = box.contains(event.target) || referenceOf(event.target);
    const stays = box.contains(event.relatedTarget) || (link && link.contains(event.relatedTarget));
    if (!left || stays) return;
    clearTimeout(timer);
    if (!link?.matches(":focus-visible")) timer = setTimeout(hide, GRACE);
  });
  document.addEventListener("focusin", (event) => {
    const reference = referenceOf(event.target);
    if (reference?.matches(":focus-visible")) soon(reference, 0);
    else if (link) hide();
  });
  // Also what was about to be shown: its reference has lost the focus.
  document.addEventListener("focusout", hide);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") hide();
  });
  document.addEventListener("click", (event) => {
    if (!box.contains(event.target)) hide();
  });
})();
