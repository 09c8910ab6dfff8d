"""Literal strings of a syntax tree, and the places where they meet a question's text.

Texts are literal strings, written side by side, joined by ``+`` or in f-strings, and names given
to such texts. Nothing is evaluated: whatever is built in another way is unreadable.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

LONGEST_TEXT: Final = 20_000
_HALF_LETTER: Final = re.compile("[\ud800-\udfff]")
"""Escapes that stand for no letter on their own: no file could keep them."""


@dataclass(frozen=True, slots=True)
class Question:
    """Stands for the question's own text inside an expression."""


QUESTION: Final = Question()
Piece = str | Question
Names = Mapping[str, ast.expr]


class Unreadable(Exception):  # noqa: N818 - becomes a DataError that names the key
    """An expression that is more than literal strings."""

    def __init__(self, node: ast.AST) -> None:
        super().__init__()
        self.line = getattr(node, "lineno", 0)


def literal_text(node: ast.expr, names: Names) -> str:
    """The literal text of an expression.

    Args:
        node: The expression.
        names: Expressions that names stand for.

    Raises:
        Unreadable: If it is more than literal strings, or very long.
    """
    found = []
    for piece in pieces(node, names):
        if not isinstance(piece, str):
            raise Unreadable(node)
        found.append(piece)
    return "".join(found)


def pieces(node: ast.expr, names: Names) -> Iterator[Piece]:
    """Literal strings and the question's text, from left to right; see `literal_text`."""
    waiting, length = [node], 0
    while waiting:
        match waiting.pop():
            case ast.Constant(value=str() as text):
                length += len(text)
                if length > LONGEST_TEXT or _HALF_LETTER.search(text):
                    raise Unreadable(node)
                yield text
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                waiting += (right, left)
            case ast.JoinedStr(values=values):
                waiting += reversed(values)
            case ast.FormattedValue(value=value, conversion=-1, format_spec=None):
                waiting.append(value)
            case ast.Name(id=name) if name in names:
                # no names of names: texts stay as long as the file
                yield literal_text(names[name], {})
            case each if is_text(each):
                yield QUESTION
            case each:
                raise Unreadable(each)


def is_text(node: ast.AST) -> bool:
    """Whether this is the question's text: ``row["text"]`` whatever the row is called, or text."""
    match node:
        case ast.Subscript(slice=ast.Constant(value="text")) | ast.Name(id="text"):
            return True
    return False


def mentions_text(node: ast.AST) -> bool:
    """Whether the question's text occurs anywhere inside."""
    return any(is_text(part) for part in ast.walk(node))


def writes_text(node: ast.AST) -> bool:
    """Whether this is the question's text as the target of an assignment."""
    return is_text(node) and isinstance(getattr(node, "ctx", None), ast.Store)


def bound_once(tree: ast.Module) -> dict[str, ast.expr]:
    """Values of names that the script binds in one place only."""
    stores: dict[str, int] = {}
    values: dict[str, ast.expr] = {}
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                stores[name] = stores.get(name, 0) + 1
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ):
                values[name] = value
    return {name: value for name, value in values.items() if stores[name] == 1 and name != "text"}
