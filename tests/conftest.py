"""Tests run in several processes; those of one folder in one, so that what they share is made once."""

import pytest


def pytest_collection_modifyitems(items):
    for item in items:
        if "layers" not in item.path.parts:  # thousands, which share nothing
            item.add_marker(pytest.mark.xdist_group(str(item.path.parent)))
