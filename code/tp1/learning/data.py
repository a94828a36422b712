"""Fashion-MNIST as two tensors: read from verified files, never from unverified ones.

The files are torchvision's, ``FashionMNIST/raw/*.gz`` under the data folder. They are unpacked in a temporary
folder, so nothing is written beside them. Training code calls `load_train_and_validation`; the test set has a
function of its own, `load_test`, for the final evaluation alone.
"""

import os
import shutil
import tempfile
from http.client import HTTPException
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor
from torchvision.datasets import FashionMNIST
from torchvision.datasets.mnist import read_image_file, read_label_file
from torchvision.datasets.utils import calculate_md5, extract_archive

from tp1.learning.errors import DataError, HyperparameterError

SPLIT_SEED = 8225
MEND = "run `make data`, or `make data FROM=folder` with a folder that holds the four files"


class Labelled(NamedTuple):
    """Images `x`, (N, 784) floats in [0, 1] or bytes, and their classes `y`, (N,) integers."""

    x: Tensor
    y: Tensor


def data_folder() -> Path:
    """Give the folder of the data: TP1_DATA_DIR if it is set, otherwise the project's ``data/``."""
    return Path(os.environ.get("TP1_DATA_DIR") or Path(__file__).parents[3] / "data")


def raw_folder(folder: Path | None = None) -> Path:
    """Give the folder of the four files, where torchvision keeps them under a data folder."""
    return (folder or data_folder()) / "FashionMNIST" / "raw"


def checksums(prefix: str = "") -> dict[str, str]:
    """Give the MD5 that torchvision knows for each file, by name; `prefix` is ``train`` or ``t10k``."""
    return {
        name: md5 for name, md5 in FashionMNIST.resources if name.startswith(prefix)
    }


def defect(path: Path, md5: str) -> str | None:
    """Say what is wrong with one file, or None if its bytes are the published ones."""
    try:
        if not path.is_file():
            return f"{path} is missing"
        found, size = calculate_md5(path), path.stat().st_size
    except OSError as error:
        return f"{path} cannot be read ({error.strerror})"
    return (
        None
        if found == md5
        else f"{path} is damaged: its {size} bytes have MD5 {found}, not {md5}"
    )


def verify(raw: Path, prefix: str = "") -> None:
    """Check the files of a ``raw`` folder.

    Raises
    ------
    DataError
        Naming every file that is missing or damaged, what is wrong, and what to run.
    """
    defects = [
        bad
        for name, md5 in checksums(prefix).items()
        if (bad := defect(raw / name, md5))
    ]
    if defects:
        raise DataError("; ".join(defects) + f". To mend it, {MEND}")


def install(source: Path, folder: Path | None = None) -> list[str]:
    """Copy the four files into the data folder: all of them verified first, then renamed into place.

    Parameters
    ----------
    source : Path
        The folder of the four files, or a data folder that has them in ``FashionMNIST/raw``.
    folder : Path, optional
        The data folder; by default `data_folder`.

    Returns
    -------
    list of str
        The files that were copied: those not already in place.

    Raises
    ------
    DataError
        If a file of the source is missing or damaged, or the data folder cannot be written: then nothing
        has changed.
    """
    if not source.is_dir():
        raise DataError(f"{source} is no folder: {MEND}")
    raw, nested = raw_folder(folder), raw_folder(source)
    wanted = [name for name, md5 in checksums().items() if defect(raw / name, md5)]
    if not wanted:
        return []
    try:
        raw.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=raw, prefix=".install-") as staging:
            for name in wanted:
                origin = (nested if nested.is_dir() else source) / name
                copy = Path(staging) / name
                if origin.is_file():
                    shutil.copyfile(origin, copy)
                if bad := defect(copy, checksums()[name]):
                    raise DataError(
                        f"{bad.replace(str(copy), str(origin))}. Nothing was copied: {MEND}"
                    )
            for name in wanted:
                (Path(staging) / name).replace(raw / name)
    except OSError as error:
        raise DataError(
            f"cannot copy to {raw} ({error}): free it, or set TP1_DATA_DIR to another folder"
        ) from error
    return wanted


def fetch(folder: Path | None = None) -> list[str]:
    """Download the four files with torchvision, unless they are in place; give the names of the new ones.

    Raises
    ------
    DataError
        If the download fails or does not have the published checksums; nothing changes then.
    """
    raw = raw_folder(folder)
    if not any(defect(raw / name, md5) for name, md5 in checksums().items()):
        return []
    with tempfile.TemporaryDirectory(prefix="tp1-fetch-") as staging:
        try:
            FashionMNIST(staging, download=True)
        except (RuntimeError, OSError, HTTPException) as error:
            reason = " ".join(str(error).split())
            raise DataError(
                f"the download of Fashion-MNIST failed ({reason}). "
                "Without a network: `make data FROM=folder`, with a folder that holds the four files"
            ) from error
        return install(Path(staging), folder)


def split_indices(
    n: int, val_percentage: float = 0.1, seed: int = SPLIT_SEED
) -> tuple[Tensor, Tensor]:
    """Split 0 … n-1 at random into training and validation indices, the same on every machine.

    Parameters
    ----------
    n : int
        Number of samples.
    val_percentage : float
        Share of the validation set, a proportion between 0 and 1.
    seed : int
        Seed of the CPU generator that draws the permutation.

    Raises
    ------
    HyperparameterError
        If one of the two parts would be empty.
    """
    n_val = round(n * val_percentage) if 0 < val_percentage < 1 else 0
    if not 0 < n_val < n:
        raise HyperparameterError(
            f"validation share {val_percentage} of {n} samples: one part would be empty"
        )
    order = torch.randperm(n, generator=torch.Generator().manual_seed(seed))
    return order[n_val:], order[:n_val]


def load_train_and_validation(
    val_percentage: float = 0.1,
    seed: int = SPLIT_SEED,
    folder: Path | None = None,
    scale: bool = True,
) -> tuple[Labelled, Labelled]:
    """Read the 60,000 training images and split them at random into training and validation.

    With `scale` the pixels are floats in [0, 1]; without, the bytes 0 … 255 that the files hold.

    Raises
    ------
    DataError
        If a file is missing or damaged.
    HyperparameterError
        If one of the two parts would be empty.
    """
    images = _load("train", folder, scale)
    train, val = split_indices(len(images.y), val_percentage, seed)
    return Labelled(images.x[train], images.y[train]), Labelled(
        images.x[val], images.y[val]
    )


def load_test(folder: Path | None = None, scale: bool = True) -> Labelled:
    """Read the 10,000 test images: for the one final evaluation of a chosen strategy, nothing else.

    `scale` as for `load_train_and_validation`.

    Raises
    ------
    DataError
        If a file is missing or damaged.
    """
    return _load("t10k", folder, scale)


def to_unit(pixels: Tensor) -> Tensor:
    """Turn bytes 0 … 255 into floats in [0, 1]."""
    return pixels.float().div_(255)


def _load(prefix: str, folder: Path | None, scale: bool) -> Labelled:
    raw = raw_folder(folder)
    verify(raw, prefix)
    with tempfile.TemporaryDirectory(prefix="tp1-") as scratch:
        images = read_image_file(
            extract_archive(str(raw / f"{prefix}-images-idx3-ubyte.gz"), scratch)
        )
        labels = read_label_file(
            extract_archive(str(raw / f"{prefix}-labels-idx1-ubyte.gz"), scratch)
        )
    pixels = images.flatten(1)
    return Labelled(to_unit(pixels) if scale else pixels, labels)
