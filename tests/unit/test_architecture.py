"""The house keeps its rules: imports run one way, heavy libraries wait, nothing calls out."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import medtrust

SOURCE = Path(medtrust.__file__).parent

ROWS: tuple[frozenset[str], ...] = (
    frozenset({"core"}),
    frozenset({"imaging", "metrics", "uncertainty"}),
    frozenset({"readers", "data", "probes", "models", "mining", "attacks"}),
    frozenset({"engine", "suites"}),
    frozenset({"settings", "left_out", "assembly", "measure", "run", "testing", "embedding"}),
    frozenset({"report", "tuning", "training", "review"}),
    frozenset({"cli"}),
)
"""A part imports from rows above its own. In the row of `run` alone, parts import each other in
the order settings, measure, left_out, assembly, run."""

WIRING = ("settings", "measure", "left_out", "assembly", "run", "testing")
LEVEL = {part: level for level, row in enumerate(ROWS) for part in row}
HEAVY = (
    "torch", "transformers", "scipy.stats", "polars", "pydicom", "nibabel", "fastapi", "uvicorn",
    "sklearn", "trl", "peft", "datasets", "accelerate",
)  # fmt: skip


def modules() -> list[str]:
    """All modules of the package, by dotted name."""
    found = []
    for path in sorted(SOURCE.rglob("*.py")):
        parts = path.relative_to(SOURCE.parent).with_suffix("").parts
        found.append(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    return found


def file_of(module: str) -> Path:
    path = SOURCE.parent.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def imports(module: str) -> Iterator[tuple[str, int]]:
    """Every module of ours that a module imports, anywhere in it, with the line."""
    for node in ast.walk(ast.parse(file_of(module).read_bytes())):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}:{node.lineno} imports by a relative name"
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def part_of(module: str) -> str:
    """The part of the house a module stands in; empty for the package itself."""
    first, _, rest = module.partition(".")
    assert first == "medtrust"
    return rest.partition(".")[0]


def allowed(importer: str, imported: str) -> bool:
    if importer == imported:
        return True
    if importer in WIRING and imported in WIRING:
        return WIRING.index(imported) < WIRING.index(importer)
    return LEVEL[imported] < LEVEL[importer]


def test_every_part_of_the_house_has_its_row() -> None:
    parts = {part_of(module) for module in modules()} - {""}
    assert parts <= set(LEVEL), f"give {parts - set(LEVEL)} a place in ROWS"


@pytest.mark.parametrize("module", modules())
def test_imports_run_one_way_and_siblings_never_import_each_other(module: str) -> None:
    importer = part_of(module)
    broken = []
    for imported, line in imports(module):
        if not imported.startswith("medtrust."):
            continue
        part = part_of(imported)
        if part in LEVEL and importer and not allowed(importer, part):
            broken.append(f"{file_of(module).name}:{line} imports {imported}")
        if part in LEVEL and not importer:
            broken.append(f"the package itself imports {imported}")
    assert broken == []


def test_the_check_of_imports_can_fail() -> None:
    assert not allowed("core", "metrics")
    assert not allowed("metrics", "imaging")
    assert not allowed("engine", "suites")
    assert not allowed("assembly", "run")
    assert not allowed("report", "cli")
    assert allowed("cli", "report")
    assert allowed("run", "assembly")
    assert allowed("suites", "readers")


def in_child(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error::DeprecationWarning:medtrust", "-c", code],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_importing_the_package_imports_no_heavy_library() -> None:
    loaded = in_child("import medtrust, sys; print(*sys.modules)").split()
    assert [name for name in HEAVY if name in loaded] == []


def test_core_needs_no_heavy_library() -> None:
    names = [name for name in modules() if part_of(name) == "core"]
    loaded = in_child(f"import {', '.join(names)}, sys; print(*sys.modules)").split()
    assert [name for name in HEAVY if name in loaded] == []


def test_showing_the_help_imports_no_heavy_library() -> None:
    code = (
        "import sys\nfrom medtrust.cli.main import exit_code\n"
        "assert exit_code(['--help']) == 0\nprint('MODULES', *sys.modules)"
    )
    loaded = in_child(code).rpartition("MODULES")[2].split()
    assert [name for name in HEAVY if name in loaded] == []


def test_listing_names_imports_no_task_and_no_model() -> None:
    code = (
        "import sys\nfrom medtrust.core.registry import names\n"
        "assert names('task')\nprint(*sys.modules)"
    )
    loaded = in_child(code).split()
    assert [
        name for name in loaded if name.startswith(("medtrust.suites", "medtrust.models"))
    ] == []


WATCH = """
import importlib, socket, sys
calls = []
def watch(event, arguments):
    if event in {{"socket.connect", "socket.getaddrinfo", "socket.sendto", "socket.bind"}}:
        calls.append((event, arguments[1:]))
    if event == "open" and isinstance(arguments[1], str) and set("wax+") & set(arguments[1]):
        if not str(arguments[0]).endswith(".pyc") and "__pycache__" not in str(arguments[0]):
            calls.append((event, arguments[:2]))
sys.addaudithook(watch)
for name in {names!r}:
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as absent:
        if (absent.name or "").startswith("medtrust"):
            raise
print(calls)
"""


def test_importing_every_module_touches_no_network_and_writes_no_file() -> None:
    optional = ("review", "training", "tuning")
    names = [
        name for name in modules()
        if part_of(name) not in optional and not name.endswith("__main__")
    ]  # fmt: skip
    assert in_child(WATCH.format(names=names)) == "[]"


def test_no_file_is_named_after_nothing() -> None:
    for module in modules():
        assert not {"utils", "helpers", "common", "base"} & set(module.split("."))
