"""The page's modules: their own tests, run by Node, and rules that hold for all of them."""

import re
import subprocess
from pathlib import Path

import pytest

from chalicelib.api.web import WEB
from chalicelib.pipeline.shortage import BUDGETS
from local.typescript import modules
from tests.support.node import program

TESTS = sorted(Path(__file__).parent.glob("*.test.js"))
MODULES = [path for path in sorted((WEB / "script").glob("*.js")) if path.name != "client-zip.js"]


@pytest.mark.parametrize("file", TESTS, ids=lambda path: path.stem)
def test_the_pure_modules_do_what_they_say(file: Path) -> None:
    ran = subprocess.run([program("node"), "--test", str(file)], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout
    # `# pass 3`, or `i pass 3` on a terminal
    assert re.search(r"^\S+ pass [1-9]", ran.stdout, re.MULTILINE), ran.stdout


def test_what_is_generated_from_the_openapi_document_is_up_to_date() -> None:
    for path, text in modules().items():
        assert path.read_text(encoding="utf-8") == text, "run `make schemas`"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_no_module_escapes_the_type_checker(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"@ts-(ignore|expect-error|nocheck)|biome-ignore|\{\s*(any|\*|Function|Object)\s*\}", text)
    assert not re.search(r"[<(|:,]\s*any\b(?=\s*[>)|,\]}])", text)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_no_module_is_longer_than_one_can_hold_in_mind(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 250


def test_the_page_knows_every_budget_by_the_name_that_refusals_give_it() -> None:
    script = (WEB / "script" / "budget.js").read_text(encoding="utf-8")
    known = re.findall(r'sentence\.startsWith\("([^"]+)"\)', script)
    assert len(known) == len(BUDGETS)
    for name in BUDGETS.values():
        assert [start for start in known if name.startswith(start)], name
