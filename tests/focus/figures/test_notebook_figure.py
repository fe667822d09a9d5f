import io

import numpy as np
from PIL import Image

from foveal.focus.figures import alignment_figure, history_figure
from foveal.focus.figures.notebook_figure import NotebookFigure


def test_picture_for_notebooks_is_that_of_savefig():
    for figure in (alignment_figure(np.eye(2)), history_figure({"a": [1.0, 2.0]})):
        assert isinstance(figure, NotebookFigure)
        file = io.BytesIO()
        figure.savefig(file, format="png")
        picture = Image.open(io.BytesIO(figure._repr_png_()))
        np.testing.assert_array_equal(np.asarray(picture), np.asarray(Image.open(file)))
