import numpy as np
import pytest

from foveal.focus import blur, clutter, image_noise, occlusion

GRAY_IMAGE = np.full((40, 60, 3), 0.5)
EDGE_IMAGE = np.repeat(np.arange(60)[None, :, None] >= 30, 40, axis=0) * np.ones(3)


def test_image_noise_has_half_severity_as_standard_deviation():
    noisy = image_noise(GRAY_IMAGE, 0.2, seed=0).example
    assert (noisy - 0.5).std() == pytest.approx(0.1, rel=0.05)
    assert noisy.mean() == pytest.approx(0.5, abs=0.01)
    stronger = image_noise(GRAY_IMAGE, 0.4, seed=0).example
    np.testing.assert_allclose(stronger, np.clip(2 * noisy - 0.5, 0, 1), atol=1e-6)


def test_blur_matches_gaussian_convolution():
    blurred = blur(EDGE_IMAGE, 0.5).example  # standard deviation 0.1 * 0.5 * 40 = 2 pixels
    offsets = np.arange(-8, 9)
    kernel = np.exp(-(offsets**2) / (2 * 2**2))
    kernel /= kernel.sum()
    row = np.convolve(np.pad(EDGE_IMAGE[0, :, 0], 8, mode="edge"), kernel, mode="valid")
    np.testing.assert_allclose(blurred[7, :, 1], row, atol=1e-6)


@pytest.mark.parametrize("severity", [0.1, 0.3, 0.5, 1.0])
def test_occlusion_covers_fraction_of_severity(severity):
    image = np.ones((40, 60, 3))
    for seed in range(5):
        occluded = occlusion(image, severity, seed).example[..., 0] == 0.5
        assert occluded.mean() == pytest.approx(severity, abs=0.02)
        rows, columns = occluded.any(axis=1), occluded.any(axis=0)
        np.testing.assert_array_equal(occluded, rows[:, None] & columns)


def test_larger_occlusion_contains_smaller():
    image = np.ones((40, 60, 3))
    for seed in range(5):
        small, large = (occlusion(image, severity, seed).example == 0.5 for severity in (0.1, 0.4))
        assert (large | ~small).mean() > 0.98


def test_clutter_pastes_pool_images_up_to_severity():
    black = np.zeros((40, 60, 3))
    pool = [np.ones((7, 5, 3)), np.full((90, 90, 3), 0.25)]
    fractions = []
    for seed in range(20):
        cluttered = clutter(pool)(black, 0.4, seed).example
        assert set(np.unique(cluttered)) <= {0.0, 0.25, 1.0}
        fractions.append((cluttered > 0).mean())
    assert max(fractions) <= 0.42
    assert np.mean(fractions) > 0.25


@pytest.mark.parametrize("perturb", [image_noise, blur, occlusion, clutter([EDGE_IMAGE])])
def test_uint8_and_float_images_are_perturbed_equally(perturb):
    image = np.random.default_rng(0).integers(0, 256, (8, 10, 3), dtype=np.uint8)
    from_bytes = perturb(image, 0.3, 1).example
    from_floats = perturb((image / 255).astype("float32"), 0.3, 1).example
    assert (from_bytes.dtype, from_floats.dtype) == (np.uint8, np.float32)
    np.testing.assert_allclose(from_bytes / 255, from_floats, atol=0.003)


@pytest.mark.parametrize(
    "image", [np.ones((4, 5)), np.full((4, 5, 3), 255), np.full((4, 5, 3), 1.5), np.ones((0, 5, 3))]
)
def test_invalid_image_or_pool_raises(image):
    with pytest.raises(ValueError, match="`image` must have shape"):
        occlusion(image, 0.1, 0)
    with pytest.raises(ValueError, match="`pool` must hold at least one image"):
        clutter([])
