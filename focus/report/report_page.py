"""HTML page of a report, which notebooks show and which can be saved."""

import html
import os
from pathlib import Path


class ReportPage(str):
    """Self-contained HTML page. A notebook shows it as the output of a cell.

    Example:
        >>> import tempfile
        >>> path = ReportPage("<p>text</p>").save(tempfile.mkdtemp() + "/focus.html")
        >>> path.read_text()
        '<p>text</p>'
    """

    __slots__ = ()

    def save(self, path: str | os.PathLike) -> Path:
        """Write the page to a file in UTF-8.

        Args:
            path: of the file, such as `"focus.html"`.

        Returns:
            The path.
        """
        path = Path(path)
        path.write_text(self, encoding="utf-8")
        return path

    def frame(self) -> str:
        """Return the page in a frame, so that its style and its scripts do not affect the page around it.

        Returns:
            The HTML element, as a notebook shows it.
        """
        style = "width: 100%; height: 760px; border: 0"
        return f'<iframe srcdoc="{html.escape(self)}" style="{style}"></iframe>'

    def _repr_html_(self) -> str:
        return self.frame()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {len(self):,} characters of HTML>"
