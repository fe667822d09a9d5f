"""Figure that a notebook shows as the output of a cell. Private."""

import io

from matplotlib.figure import Figure


class NotebookFigure(Figure):
    """A matplotlib `Figure` with a picture for notebooks.

    Notebooks show the figures of `matplotlib.pyplot` alone, which keeps every figure until it is closed.

    Example:
        >>> NotebookFigure()._repr_png_()[1:4]
        b'PNG'
    """

    def _repr_png_(self) -> bytes:
        file = io.BytesIO()
        self.savefig(file, format="png")
        return file.getvalue()
