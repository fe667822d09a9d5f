import json

import pytest

from foveal.datasets.files.captioned_images import is_captioned_file, read_captions


def images(folder, *names):
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"an image")
    return folder


def coco(path, captions, **more):
    """`captions`: image name to captions; ids are not in order, as in COCO."""
    listed = [{"id": 100 - i, "file_name": name, **more.get(name, {})} for i, name in enumerate(captions)]
    told = [
        {"image_id": 100 - i, "id": i, "caption": caption}
        for i, found in enumerate(captions.values())
        for caption in found
    ]
    path.write_text(json.dumps({"images": listed, "annotations": told[::-1], "info": {}}))
    return path


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("captions.csv", 'image,caption,extra\na.jpg,"One, two.",x\nb.PNG,Three.,\na.jpg,Four.,y\n'),
        ("captions.csv", '\ufeffcaption,image\r\n"One, two.",a.jpg\r\nThree.,b.PNG\r\nFour.,a.jpg\r\n'),
        ("captions.txt", 'image,caption\na.jpg,"One, two."\nb.PNG,Three.\na.jpg,Four.\n'),
        ("captions.txt", "a.jpg#0\tOne, two.\nb.PNG#0\tThree.\na.jpg#1\t Four. \n"),
    ],
)
def test_every_layout_gives_the_same(tmp_path, name, text):
    images(tmp_path, "a.jpg", "b.PNG")
    (tmp_path / name).write_text(text, encoding="utf-8", newline="")
    for data in (tmp_path, tmp_path / name, f"{tmp_path},{tmp_path / name}"):
        found = read_captions(str(data), "train")
        assert found == ([tmp_path / "a.jpg", tmp_path / "b.PNG"], [["One, two.", "Four."], ["Three."]])


def test_coco_with_its_images_in_another_folder(tmp_path):
    photos = images(tmp_path / "val2014", "x.jpg", "y.jpg")
    path = coco(tmp_path / "captions_val2014.json", {"x.jpg": ["A.", "B."], "y.jpg": ["C."]})
    paths, references = read_captions(f"{photos},{path}", "train")
    assert dict(zip([p.name for p in paths], map(sorted, references), strict=True)) == {
        "x.jpg": ["A.", "B."],
        "y.jpg": ["C."],
    }


def test_a_file_without_splits_is_split_by_images_always_alike(tmp_path):
    names = [f"{i}.jpg" for i in range(100)]
    images(tmp_path, *names)
    path = tmp_path / "captions.csv"
    path.write_text(
        "image,caption\n" + "".join(f"{name},{j} of {name}\n" for j in range(2) for name in names)
    )
    parts = {split: read_captions(str(path), split) for split in ("train", "validation", "test")}
    assert {split: len(paths) for split, (paths, _) in parts.items()} == {
        "train": 90,
        "validation": 5,
        "test": 5,
    }
    assert sorted(p.name for paths, _ in parts.values() for p in paths) == sorted(names)
    for paths, references in parts.values():
        assert references == [[f"{j} of {p.name}" for j in range(2)] for p in paths]
    assert read_captions(str(path), "test") == parts["test"]


def test_splits_that_a_file_tells_are_kept(tmp_path):
    images(tmp_path, "a.jpg", "b.jpg")
    (tmp_path / "c.csv").write_text("image,caption,split\na.jpg,One.,train\nb.jpg,Two.,dev\n")
    assert read_captions(str(tmp_path), "dev") == ([tmp_path / "b.jpg"], [["Two."]])
    (tmp_path / "c.csv").unlink()
    coco(tmp_path / "c.json", {"a.jpg": ["A."], "b.jpg": ["B."]}, **{"a.jpg": {"split": "dev"}})
    assert read_captions(str(tmp_path), "dev") == ([tmp_path / "a.jpg"], [["A."]])
    with pytest.raises(ValueError, match="Expected split dev, received 'test'"):
        read_captions(str(tmp_path), "test")


def test_a_placeholder_gives_each_split_a_file(tmp_path):
    images(tmp_path, "a.jpg", "b.jpg")
    (tmp_path / "train.txt").write_text("a.jpg#0\tOne.\n")
    (tmp_path / "dev.txt").write_text("b.jpg#0\tTwo.\n")
    assert read_captions(f"{tmp_path}/{{split}}.txt", "dev") == ([tmp_path / "b.jpg"], [["Two."]])


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("c.csv", "", "c.csv, the file is empty"),
        ("c.csv", "photo,text\na.jpg,One.\n", "columns image and caption in .*c.csv, received photo, text"),
        ("c.csv", "image,caption\na.jpg,One, two.\n", "Expected 2 columns .* line 2"),
        ("c.csv", "image,caption\na.jpg\n", "Expected 2 columns .* line 2"),
        ("c.csv", "image,caption\na.jpg, \n", "Expected a caption of a.jpg"),
        ("c.csv", "image,caption\na.gif,One.\n", "named .jpg, .jpeg or .png, received 'a.gif'"),
        ("c.csv", "image,caption\na,One.\n", "received 'a'"),
        ("c.txt", "a.jpg#0\tOne.\na.jpg\tTwo.\n", "c.txt, line 2, received 'a.jpg\\\\tTwo.'"),
        ("c.json", "{", "Expected JSON in .*c.json"),
        ("c.json", "[1, 2]", "Expected COCO's layout"),
        ("c.json", '{"images": []}', "failed at 'annotations'"),
        ("c.json", '{"images": [], "annotations": [{"image_id": 7, "caption": "A."}]}', "failed at 7"),
    ],
)
def test_malformed_files_are_refused(tmp_path, name, text, message):
    images(tmp_path, "a.jpg", "a.gif")
    (tmp_path / name).write_text(text)
    with pytest.raises(ValueError, match=message):
        read_captions(str(tmp_path / name), "train")


def test_missing_images_are_counted_and_named(tmp_path):
    images(tmp_path, "0.jpg")
    (tmp_path / "c.txt").write_text("".join(f"{i}.jpg#0\tOne.\n" for i in range(6)))
    with pytest.raises(
        FileNotFoundError, match=r"6 images, 5 are missing: .*1\.jpg, .*2\.jpg, .*3\.jpg and 2 more"
    ):
        read_captions(str(tmp_path), "train")


def test_a_folder_needs_one_captions_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="found none"):
        read_captions(str(tmp_path), "train")
    for name in ("a.csv", "b.txt"):
        (tmp_path / name).write_text("x")
    with pytest.raises(FileNotFoundError, match=r"found a\.csv, b\.txt"):
        read_captions(str(tmp_path), "train")
    with pytest.raises(FileNotFoundError, match=r"there is no .*c\.csv"):
        read_captions(str(tmp_path / "c.csv"), "train")


def test_what_is_a_file_and_what_a_set(tmp_path):
    assert all(is_captioned_file(data) for data in ("a.json", "b/c.csv", "c.txt", str(tmp_path), "a,b.json"))
    assert not any(is_captioned_file(data) for data in ("scenes", "flickr8k", "coco_captions", "glue/sst2"))
