"""Client of the server, with the standard library alone."""

import base64
import json
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, overload

if TYPE_CHECKING:
    from ...focus import FocusRecord

Image = bytes | Path  # an image file, or its path


class Classification(NamedTuple):
    """Label of a text; empty for a blank text.

    label: name of the class.
    score: probability of the label.
    probabilities: probability of each class.
    """

    label: str
    score: float
    probabilities: dict[str, float]


class Explanation(NamedTuple):
    """Answers with their attention.

    answers: a text or a `Classification` for each example.
    records: records of the attention of all examples, one for each layer, see `records_from_signature`.
    """

    answers: list[str] | list[Classification]
    records: "list[FocusRecord]"


class ServerError(Exception):
    """Refusal of a request.

    Args:
        status: HTTP status.
        reason: reason that the server gives.
    """

    def __init__(self, status: int, reason: str):
        super().__init__(f"{reason} (status {status})")
        self.status = status
        self.reason = reason


class Client:
    """Client of `python -m foveal.pipelines.serving`, and of TensorFlow Serving with the same models.

    Each method takes one input, and returns one answer, or a list of inputs, and returns a list. A list of
    any length is sent in several requests.

    Args:
        url: address of the server.
        api_key: key of the server, if it has one.
        timeout: maximum seconds of a request.
        batch_size: maximum number of inputs of a request.

    Example:
        ```python
        client = Client("http://localhost:8501")
        client.translate("The girl draws the black cat.")
        client.classify("A good film.").label
        client.describe(Path("photo.jpg"))
        client.explain("A good film.", model="sentiment").records[0].weights.shape
        ```
    """

    def __init__(self, url: str, api_key: str | None = None, timeout: float = 60.0, batch_size: int = 32):
        self.url = url.rstrip("/")
        self.api_key = api_key
        self.timeout = timeout
        self.batch_size = batch_size

    @overload
    def translate(self, texts: str, model: str = ..., fast: bool = ...) -> str: ...
    @overload
    def translate(self, texts: Sequence[str], model: str = ..., fast: bool = ...) -> list[str]: ...
    def translate(
        self, texts: str | Sequence[str], model: str = "translation", fast: bool = False
    ) -> str | list[str]:
        """Translate one text or several.

        Args:
            texts: a text, or a list of texts.
            model: name of the model.
            fast: whether to decode greedily.

        Raises:
            ServerError: if the server refuses the request.
            OSError: if the server cannot be reached.
        """
        return self._map(texts, lambda batch: self._texts(batch, model, fast))

    @overload
    def classify(self, texts: str, model: str = ...) -> Classification: ...
    @overload
    def classify(self, texts: Sequence[str], model: str = ...) -> list[Classification]: ...
    def classify(
        self, texts: str | Sequence[str], model: str = "sentiment"
    ) -> Classification | list[Classification]:
        """Classify one text or several.

        Args:
            texts: a text, or a list of texts.
            model: name of the model.

        Raises:
            ServerError: if the server refuses the request.
            OSError: if the server cannot be reached.
        """
        return self._map(texts, lambda batch: _classifications(self.predict(batch, model)))

    @overload
    def describe(self, images: Image, model: str = ..., fast: bool = ...) -> str: ...
    @overload
    def describe(self, images: Sequence[Image], model: str = ..., fast: bool = ...) -> list[str]: ...
    def describe(
        self, images: Image | Sequence[Image], model: str = "captioning", fast: bool = False
    ) -> str | list[str]:
        """Caption one image or several.

        Args:
            images: the bytes of an image file, its path, or a list of them.
            model: name of the model.
            fast: whether to decode greedily.

        Raises:
            ServerError: if the server refuses the request.
            OSError: if the server or a file cannot be read.
        """
        return self._map(images, lambda batch: self._texts(batch, model, fast))

    def explain(self, inputs: str | Image | Sequence[str] | Sequence[Image], model: str) -> Explanation:
        """Translate, classify or caption, with the attention of the model.

        Args:
            inputs: a text or an image, or a list of at most `batch_size`.
            model: name of the model.

        Raises:
            ServerError: if the server refuses the request.
            OSError: if the server or a file cannot be read.
        """
        from ...focus import records_from_signature  # needs Keras and a backend

        examples = _as_list(inputs)
        outputs = self.predict(examples, model, "explain")
        texts = [example for example in examples if isinstance(example, str)]
        records = records_from_signature(outputs, texts or None)
        answers = _classifications(outputs) if "label" in outputs else outputs["text"]
        return Explanation(answers, records)

    def predict(
        self, inputs: Sequence[str] | Sequence[Image], model: str, signature: str = "serving_default"
    ) -> dict[str, Any]:
        """Call a signature of a model with a batch of texts or images.

        Args:
            inputs: texts or images.
            model: name of the model.
            signature: name of the signature.

        Returns:
            Nested lists `(batch, ...)` by name of output.

        Raises:
            ServerError: if the server refuses the request.
            OSError: if the server or a file cannot be read.
        """
        name = "text" if inputs and isinstance(inputs[0], str) else "image"
        column = [value if isinstance(value, str) else _encode(value) for value in inputs]
        body = {"signature_name": signature, "inputs": {name: column}}
        return self._post(f"/v1/models/{model}:predict", body)["outputs"]

    def is_ready(self) -> bool:
        """Whether the server runs and its models are loaded."""
        try:
            return bool(self._send("/v2/health/ready")["ready"])
        except (ServerError, OSError):
            return False

    def _texts(self, batch: Sequence[Any], model: str, fast: bool) -> list[str]:
        return self.predict(batch, model, "fast" if fast else "serving_default")["text"]

    def _map(self, inputs: Any, function: Any) -> Any:
        """Map a function of a batch over one input or several."""
        examples = _as_list(inputs)
        batches = [examples[i : i + self.batch_size] for i in range(0, len(examples), self.batch_size)]
        answers = [answer for batch in batches for answer in function(batch)]
        return answers[0] if isinstance(inputs, str | Image) else answers

    def _post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        return self._send(path, json.dumps(body).encode())

    def _send(self, path: str, data: bytes | None = None) -> dict[str, Any]:
        headers = {"Content-Type": "application/json"}
        if self.api_key:
            headers["Authorization"] = f"Bearer {self.api_key}"
        request = urllib.request.Request(self.url + path, data, headers)
        try:
            with urllib.request.urlopen(request, timeout=self.timeout) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            raise ServerError(error.code, _reason(error)) from None


def _reason(error: urllib.error.HTTPError) -> str:
    body = error.read()
    try:
        return str(json.loads(body)["error"])
    except (ValueError, KeyError, TypeError):
        return error.reason


def _as_list(inputs: Any) -> list[Any]:
    return [inputs] if isinstance(inputs, str | Image) else list(inputs)


def _classifications(outputs: Mapping[str, Any]) -> list[Classification]:
    rows = zip(outputs["label"], outputs["score"], outputs["classes"], outputs["probabilities"], strict=True)
    return [
        Classification(label, score, dict(zip(classes, probabilities, strict=True)))
        for label, score, classes, probabilities in rows
    ]


def _encode(image: Image) -> dict[str, str]:
    data = image.read_bytes() if isinstance(image, Path) else image
    return {"b64": base64.b64encode(data).decode()}
