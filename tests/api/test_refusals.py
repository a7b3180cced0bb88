"""Every refusal of every room: one code, a reason to exist, a known status, and words in both languages."""

import importlib
import pkgutil
import re
from collections import Counter
from collections.abc import Iterator
from types import ModuleType

import pytest
from django.utils.translation import override

import groups
import wallet
import yields
from wallet.api.problems import status_title
from wallet.refusals import NotFound, Refusal, get_refusal

STATUSES = {400, 401, 403, 404, 406, 409, 410, 413, 415, 422, 429, 503}
FORM_OF_CODES = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
PLACEHOLDER = re.compile(r"%\((\w+)\)s")


def import_all(package: ModuleType) -> None:
    """Import whatever may define a refusal: the rooms' errors, and what stands beside a door."""
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        skipped = (".migrations", ".management", ".config", ".sandbox", ".admin")
        if not any(part in module.name for part in skipped):
            importlib.import_module(module.name)


def list_refusals() -> list[type[Refusal]]:
    for package in (wallet, groups, yields):
        import_all(package)
    return sorted(
        {kind for kind in walk(Refusal) if kind.__module__.split(".")[0] != "tests"},
        key=lambda kind: (kind.code, kind.__module__, kind.__name__),
    )


def walk(kind: type[Refusal]) -> Iterator[type[Refusal]]:
    yield kind
    for below in kind.__subclasses__():
        yield from walk(below)


REFUSALS = list_refusals()


def test_there_are_refusals() -> None:
    assert len(REFUSALS) > 40


def test_no_code_means_two_things() -> None:
    # A narrower kind may go by the code that it inherits; one that is written twice is two rooms' accident.
    written = Counter(kind.code for kind in REFUSALS if "code" in vars(kind))
    assert [code for code, count in written.items() if count > 1] == []


@pytest.mark.parametrize("kind", REFUSALS, ids=lambda kind: kind.__name__)
def test_refusal_is_complete(kind: type[Refusal]) -> None:
    assert FORM_OF_CODES.fullmatch(kind.code), kind.code
    assert kind.status in STATUSES
    assert kind.__doc__, "say when it is raised"
    assert kind.__doc__.strip().endswith(".")
    assert issubclass(kind, get_refusal(kind.code))
    assert kind.status == 404 or not issubclass(kind, NotFound)


@pytest.mark.parametrize("kind", REFUSALS, ids=lambda kind: kind.__name__)
def test_refusal_speaks_both_languages(kind: type[Refusal]) -> None:
    with override("en"):
        english = str(kind.title), str(kind.detail)
    with override("zh-hans"):
        chinese = str(kind.title), str(kind.detail)
    for source, translated in zip(english, chinese, strict=True):
        assert source
        assert re.search("[\u4e00-\u9fff]", translated), source
        assert set(PLACEHOLDER.findall(source)) == set(PLACEHOLDER.findall(translated))


@pytest.mark.parametrize("kind", REFUSALS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_detail_is_filled_in_with_its_data(kind: type[Refusal], language: str) -> None:
    data = {name: f"<{name}>" for name in PLACEHOLDER.findall(str(kind.detail))}
    with override(language):
        said = kind(**data | dict.fromkeys(kind.fen, 1_234_56)).describe()
    assert all(value in said for name, value in data.items() if name not in kind.fen)
    assert said.count("¥1,234.56") == len(kind.fen)
    assert "%(" not in said
    assert not re.search(r"\bfen\b|\d 分", said), "people read yuan"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 406, 413, 415, 429, 418])
def test_titles_of_bare_statuses_are_translated(status: int) -> None:
    from django.utils.translation import gettext

    with override("zh-hans"):
        assert gettext(status_title(status)) != status_title(status)
