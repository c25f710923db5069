import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import UsageError
from flows.quantities import number, one_of, whole


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("250000", 250e3),
        ("250k", 250e3),
        ("2.5M", 2.5e6),
        ("1,000,000", 1e6),
        ("70B", 70e9),
        ("15T", 15e12),
        ("1e6", 1e6),
    ],
)
def test_numbers_as_people_type_them(text: str, value: float) -> None:
    assert number("--n", 0, 1e15, "1")(text) == value


@pytest.mark.parametrize("text", ["nan", "inf", "-inf", "-5", "", "k", "1e400", "five", "1 000", "0x10", "1kk", "²"])
def test_what_is_no_number_in_range_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(UsageError, match=r"^--n .*: expected a number from 1 to 1e\+15 \[token\]$"):
        number("--n", 1, 1e15, "token")(text)


@pytest.mark.parametrize("text", ["1.5", "0", "9", "nan"])
def test_counts_are_whole_and_in_range(text: str) -> None:
    with pytest.raises(UsageError, match=r"whole number from 1 to 8"):
        whole("--count", 1, 8, "1")(text)


@given(st.text())
def test_any_text_gives_a_number_in_range_or_a_usage_error(text: str) -> None:
    try:
        value = number("--n", 1, 100, "1")(text)
    except UsageError:
        return
    assert 1 <= value <= 100


def test_unknown_names_list_near_ones() -> None:
    with pytest.raises(UsageError, match=r"near names: h100-sxm; all: somewhere"):
        one_of("--accelerator", "H100-SXM5", ["h100-sxm", "t4"], "somewhere")
