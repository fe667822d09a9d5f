import json
import zipfile

import ml_dtypes
import numpy as np
import pytest

from foveal.focus import FocusRecord, ImageAxis, TextAxis, load_records, save_records

RANDOM = np.random.default_rng(0)
WEIGHTS = RANDOM.dirichlet(np.ones(5), (2, 3, 4)).astype("float32")
WORDS = TextAxis(["a", "ção ▁\0"], np.array([[0, 1], [2, 8]]), "a ção ▁\0")
CELLS = ImageAxis(RANDOM.random((3, 4)).astype("float32"), (10, 20))
WHOLE = FocusRecord(
    "encoder/block_1/attention",
    WEIGHTS,
    mask=WEIGHTS[:, :1] > 0.1,
    gate=RANDOM.random((2, 3, 4)).astype("float16"),
    queries=[WORDS, TextAxis([], np.zeros((0, 2), int))],
    keys=[CELLS, CELLS],
)
BARE = FocusRecord("bare", WEIGHTS[:1].astype("float16"))


def saved(tmp_path, records=(WHOLE, BARE)):
    save_records(records, tmp_path / "focus.npz")
    return tmp_path / "focus.npz"


def same(one, other):
    assert type(one) is type(other)
    if isinstance(one, np.ndarray):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)
    elif isinstance(one, list):
        for a, b in zip(one, other, strict=True):
            same(a, b)
    elif isinstance(one, FocusRecord | TextAxis | ImageAxis):
        for name, value in vars(one).items():
            same(value, getattr(other, name))
    else:
        assert one == other


def test_what_was_saved_is_loaded(tmp_path):
    path = saved(tmp_path)
    same(load_records(path), [WHOLE, BARE])
    assert [file.name for file in tmp_path.iterdir()] == ["focus.npz"]
    with np.load(path) as file:
        assert json.loads(file["about"].tobytes())["version"] == 1
    assert load_records(saved(tmp_path, [])) == []


def test_bfloat16_becomes_float32_without_a_loss(tmp_path):
    short = WEIGHTS.astype(ml_dtypes.bfloat16)
    [focus] = load_records(saved(tmp_path, [FocusRecord("layer", short)]))
    assert focus.weights.dtype == np.float32
    np.testing.assert_array_equal(focus.weights, short.astype("float32"))


def test_a_write_that_fails_leaves_what_was_there(tmp_path, monkeypatch):
    path = saved(tmp_path)

    def full(file, **arrays):
        file.write(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(np, "savez_compressed", full)
    with pytest.raises(OSError, match="disk full"):
        saved(tmp_path, [BARE])
    same(load_records(path), [WHOLE, BARE])
    assert [file.name for file in tmp_path.iterdir()] == ["focus.npz"]


def test_a_file_that_is_cut_off_or_foreign_is_an_error(tmp_path):
    path = saved(tmp_path)
    content = path.read_bytes()
    for wrong in (content[: len(content) // 2], content[:-1], b"", b"text", _without_about(tmp_path)):
        path.write_bytes(wrong)
        with pytest.raises(
            ValueError, match=r"Expected a file that `save_records` wrote. Received: .*focus.npz"
        ):
            load_records(path)
    np.save(tmp_path / "array.npy", WEIGHTS)
    with pytest.raises(ValueError, match=r"array\.npy"):
        load_records(tmp_path / "array.npy")
    with pytest.raises(FileNotFoundError):
        load_records(tmp_path / "none.npz")


def test_a_file_with_a_damaged_byte_is_an_error(tmp_path):
    path = saved(tmp_path)
    with zipfile.ZipFile(path) as file:
        start = file.infolist()[0].header_offset + 60
    content = bytearray(path.read_bytes())
    content[start + 40] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(ValueError, match="Expected a file that `save_records` wrote"):
        load_records(path)


def test_a_file_of_a_later_version_is_an_error(tmp_path):
    about = json.dumps({"format": "foveal.focus", "version": 2, "records": []}).encode()
    np.savez(tmp_path / "later.npz", about=np.frombuffer(about, np.uint8))
    with pytest.raises(ValueError, match=r"later.npz, version 2, later than 1"):
        load_records(tmp_path / "later.npz")


def _without_about(folder):
    np.savez(folder / "other", weights=WEIGHTS)
    content = (folder / "other.npz").read_bytes()
    (folder / "other.npz").unlink()
    return content
