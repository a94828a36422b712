# @title Préparation : à exécuter en premier, le reste en dépend
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
