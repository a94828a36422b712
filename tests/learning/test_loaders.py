"""The assignment's loaders: their items, their order, what they read and when, what they refuse."""

import math

import pytest
import torch

from tp1.learning import loaders
from tp1.learning.data import load_train_and_validation, raw_folder
from tp1.learning.errors import DataError, HyperparameterError
from tp1.learning.loaders import get_fashion_mnist_dataloaders


@pytest.fixture(autouse=True)
def nothing_decoded():
    loaders.decoded.cache_clear()


@pytest.fixture
def current(tiny, monkeypatch):
    """The tiny data, as the current data folder: 18 images for training, 2 for validation, 5 for the test."""
    monkeypatch.setenv("TP1_DATA_DIR", str(tiny))
    return tiny


def contents(loader):
    """All the images, flat, and all the labels of a loader, in its order."""
    x, y = zip(*loader, strict=True)
    return torch.cat(x).flatten(1), torch.cat(y)


def keys(loader):
    """The images of a loader as hashable values."""
    return [tuple(image) for image in contents(loader)[0].tolist()]


def test_minibatches_have_the_shape_and_type_of_the_assignment(current):
    for loader, sizes in zip(
        get_fashion_mnist_dataloaders(batch_size=4),
        ([4, 4, 4, 4, 2], [2], [4, 1]),
        strict=True,
    ):
        assert loader.batch_size == 4
        assert len(loader) == len(sizes)
        assert len(loader.dataset) == sum(sizes)
        for (x, y), size in zip(loader, sizes, strict=True):
            assert x.shape == (size, 1, 28, 28)
            assert x.dtype == torch.float32
            assert 0 <= x.min() < x.max() <= 1
            assert y.shape == (size,)
            assert y.dtype == torch.int64


@pytest.mark.parametrize("share", [0.1, 0.25])
def test_the_split_is_that_of_the_search(current, share):
    train, val, _ = get_fashion_mnist_dataloaders(share, batch_size=3)
    expected_train, expected_val = load_train_and_validation(share)
    x, y = contents(val)
    assert torch.equal(x, expected_val.x)
    assert torch.equal(y, expected_val.y)
    # Each image with its own label, in some order.
    pairs = [
        {
            (tuple(image), label)
            for image, label in zip(x.tolist(), y.tolist(), strict=True)
        }
        for x, y in (contents(train), expected_train)
    ]
    assert pairs[0] == pairs[1]
    assert len(pairs[0]) == len(expected_train.y)


def test_parts_are_disjoint_and_together_everything(current):
    train, val, _ = get_fashion_mnist_dataloaders(0.3, batch_size=4)
    assert set(keys(train)).isdisjoint(keys(val))
    assert len(set(keys(train)) | set(keys(val))) == 20


def test_training_is_shuffled_anew_each_epoch_and_the_rest_is_not(current):
    train, val, test = get_fashion_mnist_dataloaders(0.3, batch_size=4)
    first, second = keys(train), keys(train)
    assert first != second
    assert sorted(first) == sorted(second)
    for loader in (val, test):
        assert keys(loader) == keys(loader)


def test_the_seed_of_pytorch_fixes_the_order(current):
    train, _, _ = get_fashion_mnist_dataloaders(batch_size=4)
    torch.manual_seed(5)
    first = keys(train)
    torch.manual_seed(5)
    assert keys(train) == first


def test_one_image(current):
    _, val, _ = get_fashion_mnist_dataloaders()
    x, y = val.dataset[1]
    assert x.shape == (1, 28, 28)
    assert torch.equal(x.flatten(), contents(val)[0][1])
    assert y == contents(val)[1][1]


def test_training_never_opens_the_test_files(current):
    for path in raw_folder(current).glob("t10k-*"):
        path.unlink()
    train, val, test = get_fashion_mnist_dataloaders(batch_size=4)
    assert len(keys(train)) == 18
    assert len(keys(val)) == 2
    for use in (iter, len, list):
        with pytest.raises(DataError, match=r"t10k-images.*make data"):
            next(iter(test)) if use is iter else use(test)


def test_the_test_files_are_read_once_when_they_are_needed(current, monkeypatch):
    calls = []
    original = loaders.load_test

    def spy(*args, **kwargs):
        calls.append(args)
        return original(*args, **kwargs)

    monkeypatch.setattr(loaders, "load_test", spy)
    train, val, test = get_fashion_mnist_dataloaders(batch_size=4)
    list(train), list(val), train.dataset[0]
    assert calls == []
    list(test), list(test), len(test)
    assert calls == [(current,)]


def test_the_test_set_is_that_of_the_folder_at_the_call(current, monkeypatch):
    _, _, test = get_fashion_mnist_dataloaders()
    monkeypatch.setenv("TP1_DATA_DIR", str(current / "elsewhere"))
    assert len(test) == 5


def test_images_are_decoded_once_and_kept_as_bytes(current, monkeypatch):
    calls = []
    original = loaders.load_train_and_validation

    def spy(*args, **kwargs):
        calls.append(args)
        return original(*args, **kwargs)

    monkeypatch.setattr(loaders, "load_train_and_validation", spy)
    for batch_size in (1, 2, 18):
        train, *_ = get_fashion_mnist_dataloaders(batch_size=batch_size)
        assert train.dataset.images.x.dtype == torch.uint8
        # What a cell does to its minibatch stays in its minibatch.
        for x, y in train:
            x.zero_()
            y.zero_()
    assert calls == [(0.1,)]
    assert contents(train)[0].max() > 0.9
    get_fashion_mnist_dataloaders(0.2)
    assert calls == [(0.1,), (0.2,)]


def test_a_damaged_file_is_named_with_its_remedy(current):
    path = raw_folder(current) / "train-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DataError, match=r"train-images.*damaged.*make data"):
        get_fashion_mnist_dataloaders()


@pytest.fixture
def no_data(tmp_path, monkeypatch):
    monkeypatch.setenv("TP1_DATA_DIR", str(tmp_path / "absent"))


@pytest.mark.parametrize(
    "batch_size", [0, -1, 1.0, 20.5, math.nan, True, "20", None, 54_001]
)
def test_batch_sizes_are_refused_before_anything_is_read(no_data, batch_size):
    with pytest.raises(HyperparameterError, match="batch size"):
        get_fashion_mnist_dataloaders(0.1, batch_size)


@pytest.mark.parametrize("share", [0, 1, -0.1, 1.5, math.nan, 1e-9])
def test_shares_are_refused_before_anything_is_read(no_data, share):
    with pytest.raises(HyperparameterError, match="validation share"):
        get_fashion_mnist_dataloaders(share)


def test_the_largest_batch_of_the_published_files_is_not_refused(no_data):
    with pytest.raises(DataError):
        get_fashion_mnist_dataloaders(0.1, 54_000)


def test_a_batch_larger_than_what_the_files_hold(current):
    assert len(get_fashion_mnist_dataloaders(0.1, 18)[0]) == 1
    with pytest.raises(HyperparameterError, match="18 training images"):
        get_fashion_mnist_dataloaders(0.1, 19)


@pytest.mark.data
def test_real_data(needs_data):
    train, val, _ = get_fashion_mnist_dataloaders(0.1, 1000)
    assert (len(train.dataset), len(val.dataset)) == (54_000, 6_000)
    expected = load_train_and_validation()[1]
    x, y = contents(val)
    assert torch.equal(x, expected.x)
    assert torch.equal(y, expected.y)
