// A 2-3-2 network in double precision: one pass, forward and backward, and one step of descent. Nothing here draws.
"use strict";

window.tp1.backprop = (() => {
  const SIZES = [2, 3, 2];

  // Check the data once: all that follows may trust them.
  function read(data) {
    const { demand } = window.tp1;
    const { thetas, x, target, lr } = data;
    demand(Array.isArray(thetas) && thetas.length === 2 && thetas.every((theta, l) => isMatrix(theta, SIZES[l + 1], SIZES[l] + 1)),
      "ses paramètres ne sont pas ceux d’un réseau 2-3-2");
    demand(isVector(x, SIZES[0]), "son entrée n’est pas faite de deux nombres");
    demand(Number.isInteger(target) && target >= 0 && target < SIZES[2], "sa classe n’est ni la première ni la seconde");
    demand(Number.isFinite(lr) && lr >= 0, "son taux d’apprentissage n’est pas un nombre positif ou nul");
    demand(pass({ thetas, x, target }) !== null, "ses nombres dépassent ce que la double précision sait écrire");
    return { thetas, x: [...x], target, lr };
  }

  const isVector = (values, length) => Array.isArray(values) && values.length === length && values.every(Number.isFinite);
  const isMatrix = (rows, n, m) => Array.isArray(rows) && rows.length === n && rows.every((row) => isVector(row, m));

  const tilde = (h) => [...h, 1];
  const affine = (theta, h) => theta.map((row) => tilde(h).reduce((sum, value, k) => sum + row[k] * value, 0));
  const outer = (delta, h) => delta.map((d) => tilde(h).map((value) => d * value));

  function softmax(a) {
    const largest = Math.max(...a);
    const e = a.map((value) => Math.exp(value - largest));
    const total = e.reduce((sum, value) => sum + value, 0);
    return e.map((value) => value / total);
  }

  // −log of the probability of the class, from the scores: finite even where that probability is rounded to 0.
  function crossEntropy(a, target) {
    const largest = Math.max(...a);
    return Math.log(a.reduce((sum, value) => sum + Math.exp(value - largest), 0)) - (a[target] - largest);
  }

  // Every quantity of a pass by the lines of chapter 3, under its name; null if one is too large for a double.
  function pass({ thetas, x, target }) {
    const [theta1, theta2] = thetas;
    const y = Array.from({ length: SIZES[2] }, (_, k) => (k === target ? 1 : 0));
    const h0 = [...x]; // line 1
    const a1 = affine(theta1, h0); // line 3
    const h1 = a1.map((a) => Math.max(0, a)); // line 4
    const a2 = affine(theta2, h1); // line 5
    const p = softmax(a2); // line 6
    const loss = crossEntropy(a2, target);
    const delta2 = p.map((value, k) => value - y[k]); // line 7
    const G2 = outer(delta2, h1); // line 9
    const g1 = h1.map((_, j) => delta2.reduce((sum, d, k) => sum + theta2[k][j] * d, 0)); // line 10
    const delta1 = g1.map((g, j) => (a1[j] > 0 ? g : 0)); // line 11
    const G1 = outer(delta1, h0); // line 9
    const values = { x, y, theta1, theta2, h0, a1, h1, a2, p, loss, delta2, G2, g1, delta1, G1 };
    return Object.values(values).flat(2).every(Number.isFinite) ? values : null;
  }

  // θ ← θ − ηG for both layers.
  function descend(thetas, { G1, G2 }, lr) {
    return thetas.map((theta, l) => theta.map((row, j) => row.map((value, k) => value - lr * [G1, G2][l][j][k])));
  }

  // The lines in the order of the computation, loops unrolled: what each reads and writes, the units and the edges that
  // take part. The loss and the update have no number in the pseudocode.
  const STEPS = [
    { line: "1", reads: ["x"], writes: ["h0"], units: ["input"],
      says: "l’entrée x devient h⁽⁰⁾." },
    { line: "3", loop: "2", layer: 1, reads: ["theta1", "h0"], writes: ["a1"],
      units: ["input", "one0", "hidden"], edges: ["theta1"],
      says: "chaque unité cachée réunit les entrées, et le 1 du biais, avec les poids de sa ligne de θ⁽¹⁾." },
    { line: "4", loop: "2", layer: 1, reads: ["a1"], writes: ["h1"], units: ["hidden"],
      says: "la ReLU garde les préactivations positives et remplace les autres par 0." },
    { line: "5", reads: ["theta2", "h1"], writes: ["a2"],
      units: ["hidden", "one1", "output"], edges: ["theta2"],
      says: "chaque sortie réunit les activations, et le 1 du biais, avec les poids de sa ligne de θ⁽²⁾." },
    { line: "6", reads: ["a2"], writes: ["p"], units: ["output"],
      says: "le softmax fait des deux scores deux probabilités." },
    { line: "loss", label: "eq-nll", reads: ["p", "y"], writes: ["loss"], units: ["output", "loss"],
      says: "l’opposé du logarithme de la probabilité de la vraie classe. Le retour n’en a pas besoin." },
    { line: "7", back: true, reads: ["p", "y"], writes: ["delta2"], units: ["output"],
      says: "l’erreur de la sortie est la probabilité moins la cible." },
    { line: "9", loop: "8", layer: 2, back: true, reads: ["delta2", "h1"], writes: ["G2"],
      units: ["output", "hidden", "one1"], edges: ["theta2"],
      says: "l’erreur de chaque sortie multiplie ce qui y entrait : les activations et le 1 du biais." },
    { line: "10", loop: "8", layer: 2, back: true, reads: ["theta2", "delta2"], writes: ["g1"],
      units: ["output", "hidden"], edges: ["theta2"],
      says: "chaque unité cachée réunit les erreurs avec les poids de sa colonne de W⁽²⁾ ; le biais n’y prend pas part." },
    { line: "11", loop: "8", layer: 2, back: true, reads: ["g1", "a1"], writes: ["delta1"], units: ["hidden"],
      says: "le masque ne laisse passer l’erreur que par les unités actives." },
    { line: "9", loop: "8", layer: 1, back: true, reads: ["delta1", "h0"], writes: ["G1"],
      units: ["hidden", "input", "one0"], edges: ["theta1"],
      says: "l’erreur de chaque unité cachée multiplie ce qui y entrait. La passe est finie : il reste à mettre à jour." },
  ];
  const UPDATE = { line: "update", label: "eq-sgd", reads: [], writes: ["theta1", "theta2"],
    units: [], edges: ["theta1", "theta2"],
    says: "chaque paramètre a reculé de η fois son gradient. Une nouvelle passe peut commencer." };

  return { SIZES, STEPS, UPDATE, read, pass, descend };
})();
