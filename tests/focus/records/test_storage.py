import json
import zipfile

import ml_dtypes
import numpy as np
import pytest

from foveal.focus import FocusRecord, ImageAxis, TextAxis, load_records, save_records

RANDOM = np.random.default_rng(0)
WEIGHTS = RANDOM.dirichlet(np.ones(5), (2, 3, 4)).astype("float32")
TEXT_AXIS = TextAxis(["a", "ção ▁\0"], np.array([[0, 1], [2, 8]]), "a ção ▁\0")
IMAGE_AXIS = ImageAxis(RANDOM.random((3, 4)).astype("float32"), (10, 20))
FULL = FocusRecord(
    "encoder/block_1/attention",
    WEIGHTS,
    mask=WEIGHTS[:, :1] > 0.1,
    gate=RANDOM.random((2, 3, 4)).astype("float16"),
    queries=[TEXT_AXIS, TextAxis([], np.zeros((0, 2), int))],
    keys=[IMAGE_AXIS, IMAGE_AXIS],
)
BARE = FocusRecord("bare", WEIGHTS[:1].astype("float16"))


def save(tmp_path, records=(FULL, BARE)):
    save_records(records, tmp_path / "focus.npz")
    return tmp_path / "focus.npz"


def assert_equal(actual, expected):
    assert type(actual) is type(expected)
    if isinstance(actual, np.ndarray):
        assert actual.dtype == expected.dtype
        np.testing.assert_array_equal(actual, expected)
    elif isinstance(actual, list):
        for a, b in zip(actual, expected, strict=True):
            assert_equal(a, b)
    elif isinstance(actual, FocusRecord | TextAxis | ImageAxis):
        for name, value in vars(actual).items():
            assert_equal(value, getattr(expected, name))
    else:
        assert actual == expected


def test_records_round_trip(tmp_path):
    path = save(tmp_path)
    assert_equal(load_records(path), [FULL, BARE])
    assert [file.name for file in tmp_path.iterdir()] == ["focus.npz"]
    with np.load(path) as file:
        assert json.loads(file["about"].tobytes())["version"] == 1
    assert load_records(save(tmp_path, [])) == []


def test_bfloat16_is_stored_as_float32(tmp_path):
    weights = WEIGHTS.astype(ml_dtypes.bfloat16)
    [focus] = load_records(save(tmp_path, [FocusRecord("layer", weights)]))
    assert focus.weights.dtype == np.float32
    np.testing.assert_array_equal(focus.weights, weights.astype("float32"))


def test_failed_write_keeps_previous_file(tmp_path, monkeypatch):
    path = save(tmp_path)

    def fail_to_write(file, **arrays):
        file.write(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(np, "savez_compressed", fail_to_write)
    with pytest.raises(OSError, match="disk full"):
        save(tmp_path, [BARE])
    assert_equal(load_records(path), [FULL, BARE])
    assert [file.name for file in tmp_path.iterdir()] == ["focus.npz"]


def test_truncated_or_foreign_file_raises(tmp_path):
    path = save(tmp_path)
    content = path.read_bytes()
    for invalid in (
        content[: len(content) // 2],
        content[:-1],
        b"",
        b"text",
        _file_without_metadata(tmp_path),
    ):
        path.write_bytes(invalid)
        with pytest.raises(
            ValueError, match=r"`path` must be a file that `save_records` wrote. Received: path=.*focus.npz"
        ):
            load_records(path)
    np.save(tmp_path / "array.npy", WEIGHTS)
    with pytest.raises(ValueError, match=r"array\.npy"):
        load_records(tmp_path / "array.npy")
    with pytest.raises(FileNotFoundError):
        load_records(tmp_path / "none.npz")


def test_corrupted_file_raises(tmp_path):
    path = save(tmp_path)
    with zipfile.ZipFile(path) as file:
        start = file.infolist()[0].header_offset + 60
    content = bytearray(path.read_bytes())
    content[start + 40] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(ValueError, match="`path` must be a file that `save_records` wrote"):
        load_records(path)


def test_later_version_raises(tmp_path):
    about = json.dumps({"format": "foveal.focus", "version": 2, "records": []}).encode()
    np.savez(tmp_path / "later.npz", about=np.frombuffer(about, np.uint8))
    with pytest.raises(ValueError, match=r"later.npz, version 2, later than 1"):
        load_records(tmp_path / "later.npz")


def _file_without_metadata(folder):
    np.savez(folder / "other", weights=WEIGHTS)
    content = (folder / "other.npz").read_bytes()
    (folder / "other.npz").unlink()
    return content
