// Search over the whole book. Its index is a script, read when the search is first opened: a page from the disk may
// fetch nothing.
"use strict";

(() => {
  const root = new URL("..", document.currentScript.src);
  const SHOWN = 20;
  const SNIPPET = 150; // characters

  // Letters without accents or case, and for each of them its place in the text.
  function fold(text) {
    const at = [];
    let plain = "";
    let place = 0;
    for (const c of text) {
      const letters = c.toLowerCase().replace("œ", "oe").replace("æ", "ae").replace("’", "'")
        .normalize("NFKD").replace(/\p{M}/gu, "");
      for (let i = 0; i < letters.length; i += 1) at.push(place);
      plain += letters;
      place += c.length;
    }
    at.push(place);
    return { plain, at };
  }

  // A lone letter says little next to whole words.
  function wordsOf(query) {
    const words = fold(query).plain.split(/[\s'"«».,;:!?()›–-]+/).filter(Boolean);
    const long = words.filter((word) => word.length > 1);
    return [...new Set(long.length > 0 ? long : words)];
  }

  // Where a word stands in a folded text; one of two letters or less only at the beginning of another.
  function* places(plain, word) {
    for (let i = plain.indexOf(word); i >= 0; i = plain.indexOf(word, i + word.length)) {
      const begins = i === 0 || !/[\p{L}\p{N}]/u.test(plain[i - 1]);
      if (begins || word.length > 2) yield { start: i, end: i + word.length, begins, word };
    }
  }

  function hitsOf(folded, words) {
    return words.flatMap((word) => [...places(folded.plain, word)]).sort((a, b) => a.start - b.start);
  }

  // How well a section answers: 0 unless it has every word; titles before text, first those that have the words together.
  function score(section, words) {
    let total = section.title.plain.includes(words.join(" ")) ? 15 : 0;
    for (const word of words) {
      const inTitle = [...places(section.title.plain, word)];
      const inText = [...places(section.text.plain, word)];
      const inChapter = section.chapter.plain.includes(word);
      if (inTitle.length + inText.length === 0 && !inChapter) return 0;
      if (inTitle.length > 0) total += inTitle.some((hit) => hit.begins) ? 20 : 8;
      total += inText.slice(0, 4).reduce((sum, hit) => sum + (hit.begins ? 2 : 1), 0) + (inChapter ? 1 : 0);
    }
    return total;
  }

  let sections = [];

  function readIndex() {
    const { pages, sections: rows } = window.tp1SearchIndex;
    const chapters = pages.map(([page, title]) => ({ page, title, folded: fold(title) }));
    sections = rows.map(([page, id, title, text]) => ({
      url: new URL(chapters[page].page + (id ? `#${id}` : ""), root).href,
      isChapter: !id,
      chapterTitle: chapters[page].title,
      chapter: chapters[page].folded,
      source: { title, text },
      title: fold(title),
      text: fold(text),
    }));
  }

  // A piece of the text with what was found marked.
  function marked(source, folded, hits, from, to) {
    const piece = document.createDocumentFragment();
    let done = from;
    for (const hit of hits) {
      const [start, end] = [folded.at[hit.start], Math.max(folded.at[hit.end], folded.at[hit.start] + 1)];
      if (start < done || end > to) continue;
      const mark = document.createElement("mark");
      mark.textContent = source.slice(start, end);
      piece.append(source.slice(done, start), mark);
      done = end;
    }
    piece.append(source.slice(done, to));
    return piece;
  }

  // The part of the text that has the most of the words.
  function snippet(section, words) {
    const { text } = section.source;
    const hits = hitsOf(section.text, words);
    const within = (hit) => new Set(
      hits.filter((other) => other.start >= hit.start && other.end <= hit.start + SNIPPET - 40).map((other) => other.word),
    ).size;
    const best = hits.reduce((chosen, hit) => (chosen && within(chosen) >= within(hit) ? chosen : hit), null);
    let from = Math.max(0, best ? section.text.at[best.start] - 40 : 0);
    if (from > 0) from = text.indexOf(" ", from) + 1;
    let to = Math.min(text.length, from + SNIPPET);
    if (to < text.length) to = Math.max(text.lastIndexOf(" ", to), from);
    const piece = marked(text, section.text, hits, from, to);
    if (from > 0) piece.prepend("… ");
    if (to < text.length) piece.append(" …");
    return piece;
  }

  function option(section, words, i) {
    const link = document.createElement("a");
    link.href = section.url;
    link.id = `resultat-${i}`;
    link.tabIndex = -1;
    link.setAttribute("role", "option");
    const place = document.createElement("span");
    place.className = "place";
    if (!section.isChapter) place.append(section.chapterTitle, " › ");
    const title = document.createElement("strong");
    title.append(marked(section.source.title, section.title, hitsOf(section.title, words), 0, section.source.title.length));
    place.append(title);
    const text = document.createElement("span");
    text.className = "snippet";
    text.append(snippet(section, words));
    link.append(place, text);
    return link;
  }

  const dialog = document.createElement("dialog");
  dialog.className = "search-box";
  dialog.setAttribute("aria-label", "Recherche dans le rapport");
  dialog.innerHTML = `
    <div class="search-line">
      <input type="search" id="recherche" role="combobox" aria-label="Mots à chercher" aria-autocomplete="list"
        aria-expanded="false" aria-controls="resultats" autocomplete="off" autocapitalize="off" spellcheck="false"
        enterkeyhint="go" placeholder="Rechercher dans tout le rapport">
      <button type="button" class="icon close">Fermer</button>
    </div>
    <p class="search-state" role="status"></p>
    <div role="listbox" id="resultats" aria-label="Résultats" hidden></div>`;
  const input = dialog.querySelector("input");
  const state = dialog.querySelector(".search-state");
  const list = dialog.querySelector("[role=listbox]");

  function activate(i) {
    [...list.children].forEach((link, k) => link.setAttribute("aria-selected", String(k === i)));
    const chosen = list.children[i];
    if (chosen) {
      input.setAttribute("aria-activedescendant", chosen.id);
      chosen.scrollIntoView({ block: "nearest" });
    } else {
      input.removeAttribute("aria-activedescendant");
    }
  }

  function announce(count) {
    if (count === 0) return `Aucun résultat pour «\u00a0${input.value.trim()}\u00a0».`;
    if (count > SHOWN) return `Les ${SHOWN} premiers résultats sur ${count}.`;
    return count === 1 ? "1 résultat." : `${count} résultats.`;
  }

  function update() {
    const words = wordsOf(input.value);
    const found = words.length === 0 ? [] : sections
      .map((section) => ({ section, score: score(section, words) }))
      .filter((result) => result.score > 0)
      .sort((a, b) => b.score - a.score); // sections of one score stay in the book's order
    list.replaceChildren(...found.slice(0, SHOWN).map(({ section }, i) => option(section, words, i)));
    list.hidden = found.length === 0;
    input.setAttribute("aria-expanded", String(found.length > 0));
    state.textContent = words.length === 0 ? "" : announce(found.length);
    list.scrollTop = 0;
    activate(0);
  }

  function move(event) {
    const links = [...list.children];
    const active = links.findIndex((link) => link.getAttribute("aria-selected") === "true");
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined && links.length > 0) {
      event.preventDefault();
      activate((active + step + links.length) % links.length);
    } else if (event.key === "Enter" && links[active]) {
      event.preventDefault();
      links[active].click();
    } else if (event.key === "Escape") {
      event.preventDefault(); // a search field would only empty itself
      dialog.close();
    }
  }

  let reading = null;

  function loadIndex() {
    reading ??= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = new URL("assets/search-index.js", root).href;
      script.onload = resolve;
      script.onerror = reject;
      document.head.append(script);
    }).then(readIndex).then(update, () => {
      state.textContent = "L’index de la recherche ne se laisse pas lire : le site est incomplet.";
    });
  }

  function open() {
    if (dialog.open) return;
    dialog.showModal();
    input.select();
    loadIndex();
  }

  document.body.append(dialog);
  document.querySelector("button.search").addEventListener("click", open);
  input.addEventListener("input", update);
  input.addEventListener("keydown", move);
  list.addEventListener("click", (event) => {
    if (event.target.closest("a") && !event.ctrlKey && !event.metaKey) dialog.close();
  });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog || event.target.closest(".close")) dialog.close();
  });
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
    if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    open();
  });
})();
