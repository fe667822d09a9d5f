"""Configuration fields that several pipelines share."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class BaseDataConfig:
    """Data set and its folders."""

    data: str
    """Name of a data set, or a file."""
    manual_dir: Path | None = None
    """Folder of manually downloaded archives."""
    data_dir: Path | None = None
    """Folder of prepared data sets; that of TFDS by default."""
    normalize: bool = True
    """Normalize texts: Unicode blanks to one space, no zero-width characters, letters composed (NFC)."""

    @property
    def folders(self) -> tuple[str | None, str | None]:
        """`data_dir` and `manual_dir` as strings, in the order of the arguments of the loaders."""
        data_dir, manual_dir = (path and str(path) for path in (self.data_dir, self.manual_dir))
        return data_dir, manual_dir


@dataclass(frozen=True, kw_only=True)
class SearchConfig:
    """Beam search."""

    num_beams: int
    """Number of sequences that are kept per example."""
    length_penalty: float = 0.6
    """Exponent of the length penalty (Wu et al. 2016); larger values prefer longer outputs."""
    compile_search: bool = True
    """Compile the searches of the exported model with XLA: faster, but for the first call of each size."""
