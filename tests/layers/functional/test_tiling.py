import pytest

from foveal.layers.functional.tiling import is_large


@pytest.mark.parametrize(
    ("sizes", "large"),
    [((2, 3, 4), False), ((2, 3, 5), True), ((), False), ((None, 3), True), ((0, 99), False)],
)
def test_more_elements_than_there_is_room_for_or_an_unknown_number(sizes, large):
    assert is_large(sizes, most=24) is large


def test_a_symbol_is_not_large():
    assert not is_large((object(), 3), most=1)
