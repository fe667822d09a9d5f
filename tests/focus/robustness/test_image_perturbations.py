import numpy as np
import pytest

from foveal.focus import blur, clutter, image_noise, occlusion

GREY = np.full((40, 60, 3), 0.5)
EDGE = np.repeat(np.arange(60)[None, :, None] >= 30, 40, axis=0) * np.ones(3)


def test_noise_has_half_the_dose_as_its_deviation():
    noisy = image_noise(GREY, 0.2, seed=0).example
    assert (noisy - 0.5).std() == pytest.approx(0.1, rel=0.05)
    assert noisy.mean() == pytest.approx(0.5, abs=0.01)
    louder = image_noise(GREY, 0.4, seed=0).example
    np.testing.assert_allclose(louder, np.clip(2 * noisy - 0.5, 0, 1), atol=1e-6)


def test_blur_is_a_convolution_with_a_gaussian():
    blurred = blur(EDGE, 0.5).example  # a deviation of 0.1 * 0.5 * 40 = 2 pixels
    offsets = np.arange(-8, 9)
    kernel = np.exp(-(offsets**2) / (2 * 2**2))
    kernel /= kernel.sum()
    row = np.convolve(np.pad(EDGE[0, :, 0], 8, mode="edge"), kernel, mode="valid")
    np.testing.assert_allclose(blurred[7, :, 1], row, atol=1e-6)


@pytest.mark.parametrize("severity", [0.1, 0.3, 0.5, 1.0])
def test_occlusion_covers_the_share_that_the_dose_says(severity):
    image = np.ones((40, 60, 3))
    for seed in range(5):
        covered = occlusion(image, severity, seed).example[..., 0] == 0.5
        assert covered.mean() == pytest.approx(severity, abs=0.02)
        rows, columns = covered.any(axis=1), covered.any(axis=0)
        np.testing.assert_array_equal(covered, rows[:, None] & columns)


def test_a_larger_occlusion_lies_around_a_smaller():
    image = np.ones((40, 60, 3))
    for seed in range(5):
        small, large = (occlusion(image, severity, seed).example == 0.5 for severity in (0.1, 0.4))
        assert (large | ~small).mean() > 0.98


def test_clutter_comes_from_the_pool_and_covers_at_most_the_dose():
    black = np.zeros((40, 60, 3))
    pool = [np.ones((7, 5, 3)), np.full((90, 90, 3), 0.25)]
    shares = []
    for seed in range(20):
        cluttered = clutter(pool)(black, 0.4, seed).example
        assert set(np.unique(cluttered)) <= {0.0, 0.25, 1.0}
        shares.append((cluttered > 0).mean())
    assert max(shares) <= 0.42
    assert np.mean(shares) > 0.25


@pytest.mark.parametrize("perturb", [image_noise, blur, occlusion, clutter([EDGE])])
def test_bytes_and_floats_are_changed_alike(perturb):
    image = np.random.default_rng(0).integers(0, 256, (8, 10, 3), dtype=np.uint8)
    of_bytes = perturb(image, 0.3, 1).example
    of_floats = perturb((image / 255).astype("float32"), 0.3, 1).example
    assert (of_bytes.dtype, of_floats.dtype) == (np.uint8, np.float32)
    np.testing.assert_allclose(of_bytes / 255, of_floats, atol=0.003)


@pytest.mark.parametrize(
    "image", [np.ones((4, 5)), np.full((4, 5, 3), 255), np.full((4, 5, 3), 1.5), np.ones((0, 5, 3))]
)
def test_what_is_no_picture_is_refused(image):
    with pytest.raises(ValueError, match="Expected a picture"):
        occlusion(image, 0.1, 0)
    with pytest.raises(ValueError, match="pool of pictures"):
        clutter([])
