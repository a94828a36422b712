# %% mode-d-emploi [markdown]
# Ce notebook contient le rapport entier. Il se lit sans rien exécuter : sous chaque cellule figure ce
# qu'elle a donné.
#
# Il s'exécute aussi, de haut en bas, sans autre fichier que lui : il porte le paquet `tp1` et les résultats
# gelés. Une ligne est à régler, celle qui suit.
#
# * `COMPLET = False` : moins de cinq minutes, sans processeur graphique. Les chapitres lisent les résultats
#   gelés des recherches ; la dernière section, « Refaire les résultats », en refait quelques-uns et compare
#   leurs nombres à ceux du gel.
# * `COMPLET = True` : cette section refait tous les entraînements, ce qui prend des heures (l'annexe dit
#   combien il en a fallu), et compare chacun de leurs nombres à ceux des tableaux gelés. Ce qui est refait
#   s'écrit à part, dans un dossier `refait` ; une exécution interrompue y reprend là où elle en était.

# %% reglage
COMPLET = False

# %% preparation [hidden]
# @title Préparation : à exécuter avant les chapitres
# Le rapport importe le paquet tp1. S'il n'est pas installé, cette cellule le tire d'elle-même (le dépôt
# n'est pas nécessaire), installe les bibliothèques qui manquent et va chercher Fashion-MNIST.
import base64
import importlib
import importlib.util
import io
import subprocess
import sys
import zipfile
from pathlib import Path

PAQUET = "@CODE@"
BIBLIOTHEQUES = [
    "matplotlib",
    "numpy",
    "opt_einsum",
    "scipy",
    "torch",
    "torchvision",
    "tqdm",
]

if importlib.util.find_spec("tp1") is None:
    zipfile.ZipFile(io.BytesIO(base64.b85decode(PAQUET))).extractall("tp1")
    sys.path.insert(0, str(Path("tp1/code").resolve()))
manquantes = [nom for nom in BIBLIOTHEQUES if importlib.util.find_spec(nom) is None]
if manquantes:
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", *manquantes], check=True
    )
importlib.invalidate_caches()

from tp1.learning.data import fetch

fetch()
