"""What the documents say can be done: their links, commands, code and versions hold."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
import typer.main
from typer.core import TyperGroup

from medtrust import __version__
from medtrust.cli.main import app
from medtrust.core.registry import expand_tasks

PROJECT: Final = Path(__file__).resolve().parents[2]
DOCUMENTS: Final = sorted(
    path
    for pattern in (
        "README.md",
        "CONTRIBUTING.md",
        "docs/*.md",
        "src/medtrust/suites/*/README.md",
        "benchmarks/README.md",
    )
    for path in PROJECT.glob(pattern)
)
LINK: Final = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
FENCE: Final = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
INDENTED: Final = re.compile(r"(?:^(?: {4}).*\n)+", re.MULTILINE)
INLINE: Final = re.compile(r"`([^`\n]+)`")
TARGET: Final = re.compile(r"\bmake ([a-z]+)\b")


def name_of(path: Path) -> str:
    return path.relative_to(PROJECT).as_posix()


def test_the_documents_are_found() -> None:
    assert {"README.md", "CONTRIBUTING.md", "docs/data.md"} <= {name_of(path) for path in DOCUMENTS}


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_relative_links_lead_somewhere(document: Path) -> None:
    targets = LINK.findall(FENCE.sub("", document.read_text(encoding="utf-8")))
    for target in targets:
        if target.startswith(("http://", "https://", "#")):
            continue
        place = (document.parent / target.partition("#")[0]).resolve()
        assert place.is_relative_to(PROJECT), f"{target} leads out of the project"
        assert place.exists(), f"{target} is not there"


@dataclass(frozen=True)
class Shown:
    """A command line of a document."""

    document: str
    line: str


def commands() -> Iterator[Shown]:
    for document in DOCUMENTS:
        text = document.read_text(encoding="utf-8")
        blocks = [block for language, block in FENCE.findall(text) if language != "python"]
        plain = FENCE.sub("", text)
        blocks += INDENTED.findall(plain)
        blocks += INLINE.findall(plain)
        for block in blocks:
            for line in block.replace("\\\n", " ").splitlines():
                words = line.strip()
                if words.startswith("medtrust ") and words.split()[1].islower():
                    yield Shown(name_of(document), words)


COMMANDS: Final = list(commands())


def options_of(words: list[str]) -> tuple[str, set[str], list[str]]:
    """The command that the first words name, its options, and the words after it."""
    group = typer.main.get_command(app)
    path: list[str] = []
    while isinstance(group, TyperGroup) and words and not words[0].startswith("-"):
        assert words[0] in group.commands, f"there is no command {' '.join([*path, words[0]])}"
        path.append(words[0])
        group = group.commands[words[0]]
        words = words[1:]
    known = {name for parameter in group.params for name in parameter.opts}
    known |= {name for parameter in group.params for name in parameter.secondary_opts}
    return " ".join(path), known | {"--help"}, words


def test_there_are_commands_to_check() -> None:
    assert len(COMMANDS) > 15


@pytest.mark.parametrize("shown", COMMANDS, ids=lambda shown: f"{shown.document}: {shown.line}")
def test_commands_and_options_that_are_shown_exist(shown: Shown) -> None:
    words = shlex.split(shown.line, comments=True)[1:]
    command, known, rest = options_of(words)
    for word in rest:
        if word.startswith("-") and word != "-":
            name = word.partition("=")[0]
            assert name in known, f"{command} has no option {name}"
    if command in {"run", "plan"} and rest and not rest[0].startswith("-"):
        task = rest[0]
        if task.islower() and task not in {"..."}:
            assert expand_tasks((task,))


def test_the_python_of_the_readme_runs(tmp_path: Path) -> None:
    blocks = [
        block
        for language, block in FENCE.findall((PROJECT / "README.md").read_text(encoding="utf-8"))
        if language == "python"
    ]
    assert blocks
    shutil.copytree(PROJECT / "examples" / "sketches", tmp_path / "examples" / "sketches")
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", "\n".join(blocks)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "shape:" in done.stdout
    assert (tmp_path / "runs" / "python" / "estimates.json").is_file()


def test_make_targets_that_are_named_exist() -> None:
    makefile = (PROJECT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    for document in DOCUMENTS:
        text = document.read_text(encoding="utf-8")
        code = [block for _, block in FENCE.findall(text)] + INLINE.findall(text)
        for target in TARGET.findall("\n".join(code)):
            assert target in targets, f"{name_of(document)} names make {target}"


def test_every_make_target_is_explained_by_make_help() -> None:
    makefile = (PROJECT / "Makefile").read_text(encoding="utf-8")
    (phony,) = re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    explained = set(re.findall(r"^([a-z]+):.*## ", makefile, re.MULTILINE))
    assert set(phony.split()) == explained


def test_one_version_everywhere() -> None:
    declared = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["version"]
    cited = re.search(r"^version: (\S+)$", (PROJECT / "CITATION.cff").read_text(), re.MULTILINE)
    assert cited is not None
    assert cited[1] == declared == __version__


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_no_document_names_a_place_on_one_machine(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    found = re.findall(r"(?<![\w.~])/(?:home|root|Users|work|tmp|mnt|opt|srv)/\S*", text)
    assert found == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_modules_and_files_that_are_named_are_there(document: Path) -> None:
    text = FENCE.sub("", document.read_text(encoding="utf-8"))
    for path in re.findall(r"`((?:src|docs|tests|examples|benchmarks)/[\w./-]+)`", text):
        assert (PROJECT / path).exists(), f"{path} is not there"
