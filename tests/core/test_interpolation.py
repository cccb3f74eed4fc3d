"""Variables in build files."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autofix.core.interpolation import Expanded, Style, expand

VALUES = {"TAG": "3.26.0", "EMPTY": "", "V": "v3.26.0", "NAME": "TAG"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("n:$TAG", "n:3.26.0"),
        ("n:${TAG}-x", "n:3.26.0-x"),
        ("${MISSING:-3.1.0}", "3.1.0"),
        ("${EMPTY:-3.1.0}", "3.1.0"),
        ("${EMPTY-3.1.0}", ""),
        ("${TAG:+set}${MISSING:+set}", "set"),
        ("${MISSING:-${TAG}}", "3.26.0"),
        ("${V#v}", "3.26.0"),
        ("${TAG%.*}", "3.26"),
        ("${TAG%%.*}", "3"),
        ("${V/v/}", "3.26.0"),
        (r"\$TAG", "$TAG"),
        ("cost: 5$", "cost: 5$"),
    ],
)
def test_dockerfile_variables(text: str, expected: str) -> None:
    """Every form of the Dockerfile reference is filled in."""
    assert expected == expand(text, VALUES, Style.DOCKERFILE).text


@pytest.mark.parametrize(
    ("style", "text", "expected"),
    [
        (Style.COMPOSE, "$$TAG ${TAG}", Expanded(text="$TAG 3.26.0")),
        (Style.COMPOSE, "n:${NO}", Expanded(text="n:", missing=("NO",))),
        (Style.COMPOSE, "${NO:?set it}", Expanded(text="", missing=("NO",))),
        (Style.MAKE, "$(TAG) ${TAG}", Expanded(text="3.26.0 3.26.0")),
        (Style.MAKE, "$(NO)", Expanded(text="$(NO)", missing=("NO",))),
        (Style.SHELL, "$(TAG)", Expanded(text="$(TAG)")),
        (Style.SHELL, "$NO/x", Expanded(text="$NO/x", missing=("NO",))),
        (Style.BATCH, "%TAG% $TAG", Expanded(text="3.26.0 $TAG")),
    ],
)
def test_each_kind_of_file_has_its_own_forms(
    style: Style, text: str, expected: Expanded
) -> None:
    """A variable without a value is reported, and kept where the file would keep it."""
    assert expected == expand(text, VALUES, style)


def test_a_value_that_doubles_stays_bounded() -> None:
    """A hundred lines ``A=$A$A`` are no way to fill the memory."""
    value = "x"
    for _ in range(100):
        value = expand("$A$A", {"A": value}, Style.SHELL).text

    assert len(value) == 10_000


@given(st.text(alphabet="${}():-+?#%/\\aT=", max_size=300), st.sampled_from(Style))
def test_any_text_is_filled_without_raising(text: str, style: Style) -> None:
    """Open braces, nested and empty variables end in text."""
    assert isinstance(expand(text, VALUES, style).text, str)
