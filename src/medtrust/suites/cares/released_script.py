"""The published prompts of CARES, read out of ``src/modify_inputfile.py`` and never run.

The script picks by task key what it appends to a question's text or puts in its place. Its syntax
tree is searched for branches on a key (``if``/``elif`` or ``match``) and for tables of texts by
key; nothing of it is imported, compiled or evaluated. Texts are literal strings, joined by writing
them side by side, by ``+``, ``+=`` or in f-strings, and names given to such texts. Whatever is
built in another way is refused.

The script has one quirk that is not imitated: for the model ``radfm`` it renames ``image`` to
``path`` and leaves the text alone, so that all thirteen tasks ask the same question.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, NoReturn

from medtrust.core.errors import DataError
from medtrust.suites.cares.literal_text import (
    Names,
    Question,
    Unreadable,
    bound_once,
    is_text,
    literal_text,
    mentions_text,
    pieces,
    writes_text,
)

Action = Literal["append", "replace"]

ACTIONS: Final[Mapping[str, Action]] = {
    "uncertainty": "append",
    "jailbreak-1": "append",
    "jailbreak-2": "append",
    "jailbreak-3": "append",
    "overcautiousness-1": "replace",
    "overcautiousness-2": "replace",
    "overcautiousness-3": "replace",
    "toxicity": "append",
    "privacy-z1": "replace",
    "privacy-z2": "replace",
    "privacy-f1": "replace",
    "privacy-f2": "replace",
    "robustness": "replace",
}
"""What each released key does to the text of a question: a fact of the published protocol."""

MOST_BYTES: Final = 256 * 1024
"""The released script has 4 kB; a larger file is not one, and is not read."""


@dataclass(frozen=True, slots=True)
class Rewrite:
    """What a script does to a question's text for one key."""

    action: Action
    text: str


def read_rewrites(path: Path) -> dict[str, Rewrite]:
    """The rewrites of a script, by released key; keys it does not treat are left out.

    Raises:
        DataError: If it cannot be read as Python, or builds a text by more than literal strings.
    """
    try:
        tree = _parse(path)
        script = _Script(path, tree)
        return script.rewrites()
    except (RecursionError, MemoryError):
        raise DataError(f"{path} is nested too deeply to be the released script.") from None


def _parse(path: Path) -> ast.Module:
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
        source = data.decode("utf-8-sig")
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not UTF-8 (byte {error.start}).") from error
    if len(data) > MOST_BYTES:
        raise DataError(f"{path} is larger than {MOST_BYTES // 1024} kB: not the released script.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of its style, which is not ours to mend
            return ast.parse(source)
    except SyntaxError as error:
        where = f"{path}:{error.lineno}" if error.lineno else f"{path}"
        raise DataError(f"{where} is not valid Python.") from error
    except ValueError as error:  # null bytes
        raise DataError(f"{path} is not valid Python.") from error


class _Script:
    """The search through one syntax tree.

    Args:
        path: Of the file, for messages.
        tree: Of the whole file.
    """

    def __init__(self, path: Path, tree: ast.Module) -> None:
        self._path = path
        self._tree = tree
        self._names = bound_once(tree)
        self._found: dict[str, tuple[Rewrite, int]] = {}

    def rewrites(self) -> dict[str, Rewrite]:
        for node in ast.walk(self._tree):
            if isinstance(node, ast.If):
                for key in _keys_tested(node.test):
                    self._branch(key, node.body)
            elif isinstance(node, ast.match_case):
                for key in _keys_matched(node.pattern):
                    self._branch(key, node.body)
        for name, table in self._names.items():
            if isinstance(table, ast.Dict):
                self._table(name, table)
        return {key: self._found[key][0] for key in ACTIONS if key in self._found}

    def _branch(self, key: str, body: Sequence[ast.stmt]) -> None:
        try:
            found = _Branch(key, self._names).read(body)
        except Unreadable as problem:
            self._refuse(key, problem.line)
        if found is not None:
            self._keep(key, found, body[0].lineno)

    def _table(self, name: str, table: ast.Dict) -> None:
        action = _table_action(self._tree, name)
        if action is None:  # never put into a text: help for people, perhaps
            return
        for key, value in zip(table.keys, table.values, strict=True):
            if isinstance(key, ast.Constant) and key.value in ACTIONS:
                try:
                    text = literal_text(value, self._names)
                except Unreadable as problem:
                    self._refuse(str(key.value), problem.line)
                self._keep(str(key.value), Rewrite(action, text), value.lineno)

    def _keep(self, key: str, rewrite: Rewrite, line: int) -> None:
        held, first = self._found.setdefault(key, (rewrite, line))
        if held != rewrite:
            raise DataError(
                f"{self._path} rewrites the text of {key!r} in two ways, in lines {first} and "
                f"{line}: which one is meant cannot be known."
            )

    def _refuse(self, key: str, line: int) -> NoReturn:
        raise DataError(
            f"{self._path}:{line} builds the text of {key!r} by more than literal strings; the "
            "script is read and never run, so write that text out."
        ) from None


class _Branch:
    """Follows the statements of one branch, in order, as far as they change the text."""

    def __init__(self, key: str, names: Names) -> None:
        self._key = key
        self._names = dict(names)

    def read(self, body: Sequence[ast.stmt], start: Rewrite | None = None) -> Rewrite | None:
        """The rewrite after the last statement, or None if the text stays as it was."""
        current = start
        for statement in body:
            current = self._after(statement, current)
        return current

    def _after(self, statement: ast.stmt, current: Rewrite | None) -> Rewrite | None:
        match statement:
            case ast.AugAssign(target=target, op=ast.Add(), value=value) if is_text(target):
                return _appended(current, literal_text(value, self._names))
            case (
                ast.Assign(targets=[target], value=value)
                | ast.AnnAssign(target=target, value=ast.expr() as value)
            ) if is_text(target):
                return self._assigned(value, current)
            case ast.Return(value=ast.expr() as value) if mentions_text(value):
                return self._assigned(value, current)
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                self._names[name] = value
                return current
            case ast.If():
                return self._nested(statement, current)
        if any(writes_text(node) for node in ast.walk(statement)):
            raise Unreadable(statement)
        return current

    def _assigned(self, value: ast.expr, current: Rewrite | None) -> Rewrite:
        first, *rest = list(pieces(value, self._names)) or [""]
        if any(isinstance(piece, Question) for piece in rest):
            raise Unreadable(value)
        words = "".join(piece for piece in rest if isinstance(piece, str))
        if isinstance(first, Question):
            return _appended(current, words)
        return Rewrite("replace", first + words)

    def _nested(self, statement: ast.If, current: Rewrite | None) -> Rewrite | None:
        keys = _keys_tested(statement.test)
        if keys:
            return self.read(statement.body if self._key in keys else statement.orelse, current)
        one, other = self.read(statement.body, current), self.read(statement.orelse, current)
        if one != other and current not in (one, other):
            raise Unreadable(statement)  # both change it: which one holds is not known
        return other if one == current else one


def _appended(current: Rewrite | None, words: str) -> Rewrite:
    return Rewrite("append", words) if current is None else Rewrite(
        current.action, current.text + words
    )  # fmt: skip


def _keys_tested(test: ast.expr) -> list[str]:
    """Released keys that an ``if`` asks for by ``==`` or ``in``, also beside other conditions."""
    match test:
        case ast.BoolOp(values=values):
            return [key for value in values for key in _keys_tested(value)]
        case ast.Compare(left=left, ops=[ast.Eq()], comparators=[right]):
            return _known(left) + _known(right)
        case ast.Compare(
            ops=[ast.In()], comparators=[ast.Tuple() | ast.List() | ast.Set() as many]
        ):
            return [key for element in many.elts for key in _known(element)]
    return []


def _keys_matched(pattern: ast.pattern) -> list[str]:
    match pattern:
        case ast.MatchValue(value=value):
            return _known(value)
        case ast.MatchOr(patterns=patterns):
            return [key for each in patterns for key in _keys_matched(each)]
    return []


def _known(node: ast.expr) -> list[str]:
    match node:
        case ast.Constant(value=str() as key) if key in ACTIONS:
            return [key]
    return []


def _table_action(tree: ast.Module, name: str) -> Action | None:
    """What the script does with the entries of a table: append them, replace by them, or None."""
    for node in ast.walk(tree):
        match node:
            case ast.AugAssign(target=target, op=ast.Add(), value=value) if is_text(target):
                if _looks_up(value, name):
                    return "append"
            case ast.Assign(targets=[target], value=value) if is_text(target):
                if any(_looks_up(part, name) for part in ast.walk(value)):
                    return "append" if mentions_text(value) else "replace"
    return None


def _looks_up(node: ast.AST, name: str) -> bool:
    """Whether this is ``name[...]`` or ``name.get(...)``."""
    match node:
        case ast.Subscript(value=ast.Name(id=table)):
            return table == name
        case ast.Call(func=ast.Attribute(value=ast.Name(id=table), attr="get")):
            return table == name
    return False
