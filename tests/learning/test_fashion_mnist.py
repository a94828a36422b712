"""The data: what is read, how it is split, and what happens when a file is missing or damaged."""

from pathlib import Path
from urllib.error import URLError

import pytest
import torch
from torchvision.datasets import FashionMNIST

from tp1.__main__ import main
from tp1.learning.data import (
    checksums,
    data_folder,
    fetch,
    install,
    load_test,
    load_train_and_validation,
    raw_folder,
    split_indices,
    verify,
)
from tp1.learning.errors import DataError, HyperparameterError

IMAGES = "train-images-idx3-ubyte.gz"


def listing(folder):
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*"))


def test_tiny_files_are_read_and_nothing_is_written(tiny):
    before = listing(tiny)
    train, val = load_train_and_validation(folder=tiny)
    assert train.x.shape == (18, 784)
    assert val.x.shape == (2, 784)
    assert train.x.dtype == torch.float32
    assert train.y.dtype == torch.int64
    assert 0 <= train.x.min() < train.x.max() <= 1
    assert sorted([*train.y.tolist(), *val.y.tolist()]) == sorted(2 * list(range(10)))
    assert load_test(tiny).x.shape == (5, 784)
    assert listing(tiny) == before


def test_pixels_are_the_bytes_over_255(tiny):
    stored = load_train_and_validation(folder=tiny, scale=False)
    for scaled, raw in zip(load_train_and_validation(folder=tiny), stored, strict=True):
        assert raw.x.dtype == torch.uint8
        assert torch.equal(scaled.x, raw.x / 255)
        assert torch.equal(scaled.y, raw.y)
    test = load_test(tiny, scale=False)
    assert torch.equal(load_test(tiny).x, test.x / 255)


def test_training_needs_no_test_file(tiny):
    for path in raw_folder(tiny).glob("t10k-*"):
        path.unlink()
    load_train_and_validation(folder=tiny)
    with pytest.raises(DataError, match="t10k-images"):
        load_test(tiny)


def damage(path, how):
    content = path.read_bytes()
    if how == "missing":
        path.unlink()
    elif how == "truncated":
        path.write_bytes(content[: len(content) // 2])
    elif how == "empty":
        path.write_bytes(b"")
    elif how == "swapped":
        # The images and labels of the test set are as well formed.
        path.write_bytes(
            path.with_name(path.name.replace("train", "t10k")).read_bytes()
        )
    else:
        path.write_bytes(content[:20] + bytes([content[20] ^ 1]) + content[21:])


@pytest.mark.parametrize(
    "how", ["missing", "truncated", "empty", "tampered", "swapped"]
)
@pytest.mark.parametrize("name", [IMAGES, "train-labels-idx1-ubyte.gz"])
def test_a_bad_file_is_named_with_its_remedy(tiny, name, how):
    damage(raw_folder(tiny) / name, how)
    with pytest.raises(DataError) as caught:
        load_train_and_validation(folder=tiny)
    assert name in str(caught.value)
    assert ("missing" if how == "missing" else "damaged") in str(caught.value)
    assert "make data" in str(caught.value)


def test_every_bad_file_is_named_at_once(tiny):
    for name in checksums():
        damage(raw_folder(tiny) / name, "truncated")
    with pytest.raises(DataError) as caught:
        verify(raw_folder(tiny))
    assert all(name in str(caught.value) for name in checksums())


@pytest.mark.parametrize("nested", [True, False])
def test_install_copies_from_a_data_folder_or_from_raw(tiny, tmp_path, nested):
    target = tmp_path / "data"
    assert install(tiny if nested else raw_folder(tiny), target) == list(checksums())
    verify(raw_folder(target))
    assert listing(raw_folder(target)) == sorted(checksums())
    assert install(tiny, target) == []


@pytest.mark.parametrize("how", ["missing", "truncated", "tampered"])
def test_install_leaves_nothing_half_written(tiny, tmp_path, how):
    damage(raw_folder(tiny) / "t10k-labels-idx1-ubyte.gz", how)
    target = raw_folder(tmp_path / "data")
    target.mkdir(parents=True)
    (target / IMAGES).write_bytes(b"an older file")
    with pytest.raises(DataError, match="t10k-labels"):
        install(tiny, tmp_path / "data")
    assert listing(target) == [IMAGES]
    assert (target / IMAGES).read_bytes() == b"an older file"


def test_install_replaces_a_link_and_not_what_it_points_to(tiny, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(b"precious")
    target = raw_folder(tmp_path / "data")
    target.mkdir(parents=True)
    (target / IMAGES).symlink_to(elsewhere)
    assert install(tiny, tmp_path / "data") == list(checksums())
    assert elsewhere.read_bytes() == b"precious"
    verify(target)


def test_install_where_nothing_can_be_written(tiny, tmp_path):
    (tmp_path / "data").write_text("a file where the folder should be")
    with pytest.raises(DataError, match="TP1_DATA_DIR"):
        install(tiny, tmp_path / "data")


@pytest.mark.parametrize(
    "failure",
    [URLError("no route to host"), TimeoutError("timed out"), OSError("reset")],
)
def test_a_failed_download_gives_the_hint_and_writes_nothing(
    tiny, tmp_path, monkeypatch, failure
):
    def fail(*args, **kwargs):
        raise failure

    monkeypatch.setattr("torchvision.datasets.mnist.download_and_extract_archive", fail)
    with pytest.raises(DataError, match="make data FROM=folder"):
        fetch(tmp_path / "data")
    assert not (tmp_path / "data").exists()


def test_fetch_goes_through_torchvision(tiny, tmp_path, monkeypatch):
    def download(url, download_root, filename, md5):
        assert url.startswith(FashionMNIST.mirrors[0])
        content = (raw_folder(tiny) / filename).read_bytes()
        for name in (filename, filename.removesuffix(".gz")):
            Path(download_root, name).write_bytes(content)

    monkeypatch.setattr(
        "torchvision.datasets.mnist.download_and_extract_archive", download
    )
    monkeypatch.setattr("torchvision.datasets.mnist.read_image_file", lambda path: None)
    monkeypatch.setattr("torchvision.datasets.mnist.read_label_file", lambda path: None)
    assert fetch(tmp_path / "data") == list(checksums())
    verify(raw_folder(tmp_path / "data"))
    assert fetch(tmp_path / "data") == []


def test_command_line(tiny, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("TP1_DATA_DIR", str(tmp_path / "data"))
    assert data_folder() == tmp_path / "data"
    assert main(["data", "--check"]) == 2
    assert "make data" in capsys.readouterr().err
    assert main(["data", "--from", str(tiny)]) == 0
    assert capsys.readouterr().out.count("new: ") == 4
    assert main(["data", "--check"]) == 0
    assert main(["data"]) == 0
    assert "new: " not in capsys.readouterr().out


def test_split_is_a_partition_that_the_seed_fixes():
    train, val = split_indices(1000)
    assert len(val) == 100
    assert torch.cat([train, val]).sort().values.tolist() == list(range(1000))
    assert torch.equal(train, split_indices(1000)[0])
    assert not torch.equal(train, split_indices(1000, seed=1)[0])
    assert train.tolist() != sorted(train.tolist())


@pytest.mark.parametrize(
    ("n", "share"),
    [(10, 0), (10, 1), (10, -0.1), (10, 1.5), (10, float("nan")), (1, 0.1)],
)
def test_splits_that_are_refused(n, share):
    with pytest.raises(HyperparameterError):
        split_indices(n, share)


@pytest.mark.data
def test_real_data(needs_data):
    train, val = load_train_and_validation()
    assert train.x.shape == (54_000, 784)
    assert val.x.shape == (6_000, 784)
    assert (train.y.bincount() + val.y.bincount()).tolist() == [6_000] * 10
    assert train.x.min() == 0
    assert train.x.max() == 1
    # The mean intensity of the 60,000 images, 0.2860, as it is published with the usual normalisation.
    assert (train.x.sum() + val.x.sum()).item() / (60_000 * 784) == pytest.approx(
        0.2860, abs=5e-4
    )


def test_a_source_that_is_no_folder_is_named_even_when_nothing_is_wanted(
    tiny, tmp_path
):
    with pytest.raises(DataError, match="is no folder"):
        install(tmp_path / "absent", tiny)


def test_a_data_folder_with_an_impossible_name_is_a_typed_error(monkeypatch):
    monkeypatch.setenv("TP1_DATA_DIR", "x" * 5000)
    with pytest.raises(DataError, match="cannot be read"):
        verify(raw_folder())
