"""Every text that people read is there in Chinese, and what was compiled is what was written.

Read from the sources themselves, without gettext's tools: who adds a text and forgets it here is told which one. After
adding texts: `make messages`, fill in `locale/zh_Hans/LC_MESSAGES/django.po`, `make messages` again.
"""

import ast
import gettext
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

FOLDER = settings.BASE_DIR / "locale" / "zh_Hans" / "LC_MESSAGES"
ROOMS = ("wallet", "groups", "yields")
MARKS = {"gettext", "gettext_lazy", "gettext_noop", "_"}
PLURAL_MARKS = {"ngettext", "ngettext_lazy"}
TAG = re.compile(r"""\{%\s*trans(?:late)?\s+(['"])(.+?)\1""")
BLOCK = re.compile(r"\{%\s*blocktrans(?:late)?\b([^%]*)%\}(.+?)\{%\s*endblocktrans", re.DOTALL)
#: What may stand in a translation only if it stands in the source too.
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|\{(\w+)\}")
#: A fund is not a deposit.
NEVER = ("利息", "保本", "无风险")


def read_po() -> dict[str, str]:
    """Read messages and translations; of plurals the first form, which is the only one in Chinese."""
    text = (FOLDER / "django.po").read_text("utf-8")
    assert "#, fuzzy" not in text
    assert "#~" not in text, "obsolete texts are to be removed"
    found = {}
    for block in text.split("\n\n"):
        parts = dict(re.findall(r'^(msgid|msgstr(?:\[0\])?) ((?:".*"\n?)+)', block, re.MULTILINE))
        if "msgid" in parts:
            found[unquote(parts["msgid"])] = unquote(parts.get("msgstr") or parts["msgstr[0]"])
    found.pop("")
    return found


def unquote(quoted: str) -> str:
    return "".join(str(ast.literal_eval(line)) for line in quoted.splitlines())


def compiled() -> gettext.GNUTranslations:
    with (FOLDER / "django.mo").open("rb") as file:
        return gettext.GNUTranslations(file)


def list_texts() -> Iterator[tuple[str, Path]]:
    """List the texts marked in the sources, with their files."""
    for room in ROOMS:
        for path in sorted((settings.BASE_DIR / room).rglob("*.py")):
            if "migrations" not in path.parts:
                yield from ((text, path) for text in texts_of(ast.parse(path.read_text("utf-8"))))
        for path in sorted((settings.BASE_DIR / room).rglob("*.html")):
            source = path.read_text("utf-8")
            yield from ((match[2], path) for match in TAG.finditer(source))
            yield from ((in_catalogue(match[2]), path) for match in BLOCK.finditer(source))


def texts_of(tree: ast.AST) -> Iterator[str]:
    for call in ast.walk(tree):
        name = getattr(call.func, "id", getattr(call.func, "attr", "")) if isinstance(call, ast.Call) else ""
        if isinstance(call, ast.Call) and name in MARKS | PLURAL_MARKS and call.args:
            first = call.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value


def in_catalogue(template: str) -> str:
    return re.sub(r"\{\{\s*(\w+)\s*\}\}", r"%(\1)s", template.strip())


def test_every_text_of_the_sources_is_translated() -> None:
    known = read_po()
    texts = dict(list_texts())
    assert len(texts) > 300
    missing = {str(path.relative_to(settings.BASE_DIR)): text for text, path in texts.items() if not known.get(text)}
    assert missing == {}


def test_nothing_is_left_untranslated() -> None:
    assert [text for text, translation in read_po().items() if not translation] == []


def test_what_was_compiled_is_what_was_written() -> None:
    catalogue = compiled()
    singular = {text: catalogue.gettext(text) for text in read_po()}
    plural = {text: catalogue.ngettext(text, text, 2) for text in read_po()}
    written = read_po()
    assert {text for text in written if written[text] not in (singular[text], plural[text])} == set()
    compiled_ids = {key if isinstance(key, str) else key[0] for key in catalogue._catalog}  # type: ignore[attr-defined]
    assert compiled_ids - {""} == set(written)


@pytest.mark.parametrize("never", NEVER)
def test_a_fund_is_never_called_a_deposit(never: str) -> None:
    assert [text for text in read_po().values() if never in text] == []


def test_placeholders_survive() -> None:
    known = read_po()
    assert {text for text in known if set(PLACEHOLDER.findall(text)) != set(PLACEHOLDER.findall(known[text]))} == set()
