"""Captioned images from local files."""

import json

import pytest

from foveal.datasets.files.captioned_images import is_captioned_file, read_captions


def write_images(folder, *names):
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"an image")
    return folder


def write_coco(path, captions, **attributes):
    """`captions`: image name to captions; as in COCO, the ids are not in order."""
    images = [
        {"id": 100 - index, "file_name": name, **attributes.get(name, {})}
        for index, name in enumerate(captions)
    ]
    annotations = [
        {"image_id": 100 - index, "id": index, "caption": caption}
        for index, references in enumerate(captions.values())
        for caption in references
    ]
    path.write_text(json.dumps({"images": images, "annotations": annotations[::-1], "info": {}}))
    return path


def read_all(data):
    """Read all splits that are held out of one file, in the order of the paths."""
    parts = [read_captions(str(data), split) for split in ("train", "validation", "test")]
    return sorted(pair for part in parts for pair in zip(*part, strict=True))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "captions.csv",
            'image,caption,extra\na.jpg,"One, two.",x\nb.PNG,Three.,\na.jpg,Four.,y\nc,Five.,\n',
        ),
        ("captions.csv", 'image,caption,extra\na.jpg, "One, two."\nb.PNG,Three.\n\na.jpg,Four.,y\nc,Five.\n'),
        (
            "captions.csv",
            '\ufeffcaption,image\r\n"One, two.",a.jpg\r\nThree.,b.PNG\r\nFour.,a.jpg\r\nFive.,c',
        ),
        ("captions.csv", "Caption;Image\nOne, two.;a.jpg\nThree.;b.PNG\nFour.;a.jpg\nFive.;c"),
        ("captions.tsv", "image\tcaption\na.jpg\tOne, two.\nb.PNG\tThree.\na.jpg\tFour.\nc\tFive.\n"),
        ("captions.txt", 'image,caption\na.jpg,"One, two."\nb.PNG,Three.\na.jpg,Four.\nc,Five.'),
        ("captions.txt", "a.jpg#0\tOne, two.\nb.PNG#0\tThree.\n\na.jpg#1\t Four. \nc#0\tFive."),
    ],
)
def test_read_captions_every_layout_gives_the_same(tmp_path, name, text):
    write_images(tmp_path, "a.jpg", "b.PNG", "c")
    (tmp_path / name).write_text(text, encoding="utf-8", newline="")
    captions = {"a.jpg": ["One, two.", "Four."], "b.PNG": ["Three."], "c": ["Five."]}
    for data in (tmp_path, tmp_path / name, f"{tmp_path},{tmp_path / name}"):
        assert read_all(data) == [(tmp_path / image, texts) for image, texts in captions.items()]


def test_read_captions_coco_with_images_in_another_folder(tmp_path):
    captions = {"x.jpg": ["A.", "B."], "y.jpg": ["C."], "z.jpg": ["D."]}
    photos = write_images(tmp_path / "val2014", *captions)
    path = write_coco(tmp_path / "captions_val2014.json", captions)
    assert {image.name: sorted(texts) for image, texts in read_all(f"{photos},{path}")} == captions


def test_read_captions_splits_a_file_by_images_in_a_stable_way(tmp_path):
    names = [f"{index}.jpg" for index in range(100)]
    write_images(tmp_path, *names)
    path = tmp_path / "captions.csv"
    path.write_text(
        "image,caption\n" + "".join(f"{name},{index} of {name}\n" for index in range(2) for name in names)
    )
    parts = {split: read_captions(str(path), split) for split in ("train", "validation", "test")}
    assert {split: len(paths) for split, (paths, _) in parts.items()} == {
        "train": 90,
        "validation": 5,
        "test": 5,
    }
    assert sorted(p.name for paths, _ in parts.values() for p in paths) == sorted(names)
    for paths, references in parts.values():
        assert references == [[f"{index} of {p.name}" for index in range(2)] for p in paths]
    assert read_captions(str(path), "test") == parts["test"]


def test_read_captions_keeps_the_splits_of_the_file(tmp_path):
    write_images(tmp_path, "a.jpg", "b.jpg")
    (tmp_path / "c.csv").write_text("image,caption,split\na.jpg,One.,train\nb.jpg,Two.,dev\n")
    assert read_captions(str(tmp_path), "dev") == ([tmp_path / "b.jpg"], [["Two."]])
    (tmp_path / "c.csv").unlink()
    write_coco(tmp_path / "c.json", {"a.jpg": ["A."], "b.jpg": ["B."]}, **{"a.jpg": {"split": "dev"}})
    assert read_captions(str(tmp_path), "dev") == ([tmp_path / "a.jpg"], [["A."]])
    with pytest.raises(ValueError, match=r"`split` must be one of dev\. Received: split='test'"):
        read_captions(str(tmp_path), "test")


def test_read_captions_placeholder_gives_each_split_a_file(tmp_path):
    write_images(tmp_path, "a.jpg", "b.jpg")
    (tmp_path / "train.txt").write_text("a.jpg#0\tOne.\n")
    (tmp_path / "dev.txt").write_text("b.jpg#0\tTwo.\n")
    assert read_captions(f"{tmp_path}/{{split}}.txt", "dev") == ([tmp_path / "b.jpg"], [["Two."]])


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("c.csv", "", "an empty file .*c.csv"),
        (
            "c.csv",
            "photo,text\na.jpg,One.\n",
            "named image and caption. Received: 'photo,text' in .*c.csv. Name the columns",
        ),
        ("c.csv", "image,caption\na.jpg,One, two.\n", r"2 columns.*Received: 3 columns \(line 2 "),
        ("c.csv", "image,caption\na.jpg\n", r"2 columns.*Received: 1 columns \(line 2 "),
        ("c.csv", "image,caption,split\na.jpg, ,train\n", "a caption of a.jpg. Received: caption=''"),
        ("c.txt", "a.jpg#0\tOne.\na.jpg\tTwo.\n", r"Received: 'a.jpg\\tTwo.' \(line 2 of .*c.txt"),
        ("c.json", "{", "must be JSON. Received: .*c.json"),
        ("c.json", "[1, 2]", "layout of COCO"),
        ("c.json", '{"images": []}', "invalid at 'annotations'"),
        ("c.json", '{"images": [], "annotations": [{"image_id": 7, "caption": "A."}]}', "invalid at 7"),
    ],
)
def test_read_captions_malformed_file_raises(tmp_path, name, text, message):
    write_images(tmp_path, "a.jpg")
    (tmp_path / name).write_text(text)
    with pytest.raises(ValueError, match=message):
        read_captions(str(tmp_path / name), "train")


def test_read_captions_lone_surrogate_raises(tmp_path):
    write_images(tmp_path, "a.jpg")
    write_coco(tmp_path / "train.json", {"a.jpg": ["A\ud800."]})
    with pytest.raises(ValueError, match=r"lone surrogate '\\ud800' \(caption 1 of .*train\.json\)"):
        read_captions(f"{tmp_path}/{{split}}.json", "train")


def test_read_captions_missing_images_are_counted_and_named(tmp_path):
    write_images(tmp_path, "0.jpg")
    (tmp_path / "train.txt").write_text("".join(f"{index}.jpg#0\tOne.\n" for index in range(6)))
    with pytest.raises(
        FileNotFoundError, match=r"5 missing of 6 images, .*1\.jpg, .*2\.jpg, .*3\.jpg and 2 more"
    ):
        read_captions(f"{tmp_path}/{{split}}.txt", "train")


def test_read_captions_folder_needs_one_captions_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="Received: none in"):
        read_captions(str(tmp_path), "train")
    for name in ("a.csv", "b.txt"):
        (tmp_path / name).write_text("x")
    with pytest.raises(FileNotFoundError, match=r"Received: a\.csv, b\.txt in"):
        read_captions(str(tmp_path), "train")
    with pytest.raises(FileNotFoundError, match=r"no file .*c\.csv"):
        read_captions(str(tmp_path / "c.csv"), "train")
    with pytest.raises(ValueError, match=r"a folder of images and a captions file\. Received: data='a,b,c'"):
        read_captions("a,b,c", "train")


def test_is_captioned_file_distinguishes_files_from_sets(tmp_path):
    assert all(is_captioned_file(data) for data in ("a.json", "b/c.csv", "c.txt", str(tmp_path), "a,b.json"))
    assert not any(is_captioned_file(data) for data in ("scenes", "flickr8k", "coco_captions", "glue/sst2"))
