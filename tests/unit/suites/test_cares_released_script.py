"""Prompts are read out of a script's syntax tree; whatever it does beside them never happens."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from medtrust.core.errors import DataError
from medtrust.suites.cares.released_script import ACTIONS, MOST_BYTES, Rewrite, read_rewrites

HEAD = """
import json

def rewrite(source, target, task, model):
    for line in open(source):
        row = json.loads(line)
        if model == "radfm":
            row["path"] = row.pop("image")
        elif "text" in row:
"""


def script(tmp_path: Path, body: str, head: str = "") -> Path:
    path = tmp_path / "modify_inputfile.py"
    path.write_text(head + body, encoding="utf-8")
    return path


def branch(body: str, key: str = "toxicity") -> str:
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    return f"if task == {key!r}:\n{lines}"


def read_one(tmp_path: Path, source: str, key: str = "toxicity") -> Rewrite | None:
    return read_rewrites(script(tmp_path, source)).get(key)


def test_the_chain_of_the_released_layout_gives_every_key(tmp_path: Path) -> None:
    lines: list[str] = []
    for key, action in ACTIONS.items():
        word = "elif" if lines else "if"
        sign = "+=" if action == "append" else "="
        lines.append(f"            {word} task == {key!r}:\n")
        lines.append(f"                row['text'] {sign} ' Made up \u2019 for {key}.\\n<image>'\n")
    found = read_rewrites(script(tmp_path, "".join(lines), HEAD))
    assert found == {
        key: Rewrite(action, f" Made up \u2019 for {key}.\n<image>")
        for key, action in ACTIONS.items()
    }
    assert len(found) == 13


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("row['text'] += ' a'", Rewrite("append", " a")),
        ("row['text'] = 'a'", Rewrite("replace", "a")),
        ("row['text'] += ' a' ' b'", Rewrite("append", " a b")),
        ("row['text'] += ' a' + ' b' + ' c'", Rewrite("append", " a b c")),
        ("row['text'] += f' a' f' b'", Rewrite("append", " a b")),
        ("row['text'] += f' a{\"!\"}'", Rewrite("append", " a!")),
        ("row['text'] += ' a'\nrow['text'] += ' b'", Rewrite("append", " a b")),
        ("row['text'] = 'a'\nrow['text'] += ' b'", Rewrite("replace", "a b")),
        ("row['text'] += ' a'\nrow['text'] = 'b'", Rewrite("replace", "b")),
        ("row['text'] = row['text'] + ' a'", Rewrite("append", " a")),
        ("row['text'] = f\"{row['text']} a\"", Rewrite("append", " a")),
        ("text = text + ' a'", Rewrite("append", " a")),
        ("text: str = 'a'", Rewrite("replace", "a")),
        ("return text + ' a'", Rewrite("append", " a")),
        ("words = ' a'\nrow['text'] += words", Rewrite("append", " a")),
        ("if 'text' in row:\n    row['text'] += ' a'", Rewrite("append", " a")),
        (
            "if model == 'radfm':\n    row['path'] = 'x'\nelse:\n    row['text'] += ' a'",
            Rewrite("append", " a"),
        ),
        ("print('note')\nrow['seen'] = True\nrow['text'] += ' a'", Rewrite("append", " a")),
        ("row['text'] = ''", Rewrite("replace", "")),
        ("print('nothing happens')", None),
    ],
)
def test_texts_are_followed_through_a_branch(
    tmp_path: Path, body: str, expected: Rewrite | None
) -> None:
    assert read_one(tmp_path, branch(body)) == expected


@pytest.mark.parametrize(
    "test",
    [
        "task == 'toxicity'",
        "'toxicity' == task",
        "args.task == 'toxicity'",
        "task in ('toxicity',)",
        "task in ['toxicity', 'robustness']",
        "model != 'radfm' and task == 'toxicity'",
        "task == 'toxicity' or task == 'toxic'",
    ],
)
def test_a_key_is_found_in_any_plain_test(tmp_path: Path, test: str) -> None:
    source = f"if {test}:\n    row['text'] += ' a'\n"
    assert read_one(tmp_path, source) == Rewrite("append", " a")


@pytest.mark.parametrize("test", ["task != 'toxicity'", "not task == 'toxicity'", "task == 'x'"])
def test_other_tests_name_no_key(tmp_path: Path, test: str) -> None:
    assert read_rewrites(script(tmp_path, f"if {test}:\n    row['text'] += ' a'\n")) == {}


def test_cases_of_a_match_are_branches(tmp_path: Path) -> None:
    source = (
        "match task:\n"
        "    case 'toxicity':\n        row['text'] += ' a'\n"
        "    case 'privacy-z1' | 'privacy-z2':\n        row['text'] = 'b'\n"
        "    case _:\n        row['text'] = 'c'\n"
    )
    assert read_rewrites(script(tmp_path, source)) == {
        "toxicity": Rewrite("append", " a"),
        "privacy-z1": Rewrite("replace", "b"),
        "privacy-z2": Rewrite("replace", "b"),
    }


def test_a_shared_branch_is_told_apart_by_its_inner_tests(tmp_path: Path) -> None:
    source = (
        "if task in ('jailbreak-1', 'jailbreak-2'):\n"
        "    if task == 'jailbreak-1':\n        row['text'] += ' a'\n"
        "    elif task == 'jailbreak-2':\n        row['text'] += ' b'\n"
    )
    assert read_rewrites(script(tmp_path, source)) == {
        "jailbreak-1": Rewrite("append", " a"),
        "jailbreak-2": Rewrite("append", " b"),
    }


def test_tables_are_read_with_the_use_they_are_put_to(tmp_path: Path) -> None:
    source = (
        "END = '\\n<image>'\n"
        "ADDED = {'toxicity': ' a', 'uncertainty': ' b' ' c'}\n"
        "INSTEAD = {'privacy-z1': 'd' + END, 'other': len('x')}\n"
        "HELP = {'robustness': 'for people'}\n"
        "if task in ADDED:\n    row['text'] += ADDED[task]\n"
        "else:\n    row['text'] = INSTEAD.get(task)\n"
    )
    assert read_rewrites(script(tmp_path, source)) == {
        "uncertainty": Rewrite("append", " b c"),
        "toxicity": Rewrite("append", " a"),
        "privacy-z1": Rewrite("replace", "d\n<image>"),
    }


def test_a_table_may_be_added_by_an_assignment(tmp_path: Path) -> None:
    source = "T = {'toxicity': ' a'}\nrow['text'] = row['text'] + T[task]\n"
    assert read_one(tmp_path, source) == Rewrite("append", " a")


@pytest.mark.parametrize(
    "body",
    [
        "row['text'] += ' a'.upper()",
        "row['text'] += str(open('secret').read())",
        "row['text'] += ' %s' % name",
        "row['text'] += ' a' * 9",
        "row['text'] += unknown",
        "row['text'] += f' {name}'",
        "row['text'] += f'{1:>9}'",
        "row['text'] += ' a' if model else ' b'",
        "row['text'] += ' \\ud800'",
        "row['text'] += b' a'",
        "row['text'] *= 2",
        "row['text'] = 'a' + row['text']",
        "row['text'] += row['text']",
        "for word in words:\n    row['text'] += ' a'",
        "if model == 'a':\n    row['text'] += ' a'\nelse:\n    row['text'] += ' b'",
        "other, row['text'] = 'a', 'b'",
    ],
)
def test_what_is_not_a_literal_is_refused_by_key_and_line(tmp_path: Path, body: str) -> None:
    with pytest.raises(DataError, match=r"\.py:\d+ builds the text of 'toxicity' by more than"):
        read_one(tmp_path, branch(body))


def test_a_table_with_a_call_in_it_is_refused_by_key_and_line(tmp_path: Path) -> None:
    source = "T = {\n    'uncertainty': ' a',\n    'toxicity': make(),\n}\nrow['text'] += T[task]\n"
    with pytest.raises(DataError, match=r"\.py:3 builds the text of 'toxicity'"):
        read_one(tmp_path, source)


def test_two_different_texts_for_one_key_are_refused_with_both_lines(tmp_path: Path) -> None:
    twice = branch("row['text'] += ' a'") + branch("row['text'] += ' b'")
    with pytest.raises(DataError, match=r"'toxicity' in two ways, in lines 2 and 4"):
        read_one(tmp_path, twice)
    same = branch("row['text'] += ' a'") * 2
    assert read_one(tmp_path, same) == Rewrite("append", " a")


def test_nothing_of_the_script_is_run(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    head = f"import medtrust_never_there\nopen({str(trace)!r}, 'w')\nraise SystemExit(7)\n"
    source = head + branch("row['text'] += ' a'")
    before = set(sys.modules)
    assert read_one(tmp_path, source) == Rewrite("append", " a")
    assert not trace.exists()
    assert "modify_inputfile" not in set(sys.modules) - before


def test_names_that_name_each_other_are_not_followed(tmp_path: Path) -> None:
    """Forty doublings would make a text of a terabyte."""
    doubled = "a0 = 'x'\n" + "".join(f"a{i + 1} = a{i} + a{i}\n" for i in range(40))
    with pytest.raises(DataError, match="more than literal strings"):
        read_one(tmp_path, doubled + branch("row['text'] += a40"))


def test_an_endless_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="more than literal strings"):
        read_one(tmp_path, branch(f"row['text'] += {'x' * 30_000!r}"))


@pytest.mark.parametrize(
    "source",
    ["if task == :\n", "x = (\n", "\0", "if x:\ny = 1\n", "print 'python two'\n"],
)
def test_what_is_not_python_is_said_to_be_none(tmp_path: Path, source: str) -> None:
    with pytest.raises(DataError, match="is not valid Python"):
        read_rewrites(script(tmp_path, source))


@pytest.mark.parametrize(
    "source",
    [
        "(" * 90_000,
        "x = " + "-" * 90_000 + "1",
        "x = " + "not " * 40_000 + "1",
        "x = " + "[" * 150 + "]" * 150,
        "x = " + "'a' + " * 30_000 + "'a'",
        "x = a" + ".b" * 90_000,
        "x = " + "lambda: " * 25_000 + "1",
        "if a:\n    pass\n" + "elif a:\n    pass\n" * 9_000,
        "".join(f"{' ' * depth}if a:\n" for depth in range(99)) + " " * 99 + "pass\n",
    ],
    ids=["brackets", "minus", "not", "lists", "plus", "dots", "lambda", "elif", "indents"],
)
def test_deep_nesting_ends_in_a_sentence_or_in_nothing_found(tmp_path: Path, source: str) -> None:
    try:
        found = read_rewrites(script(tmp_path, source))
    except DataError:
        return
    assert found == {}


def test_a_long_sum_in_a_branch_ends_in_a_sentence(tmp_path: Path) -> None:
    many = " + ".join(["'a'"] * 200)
    assert read_one(tmp_path, branch(f"row['text'] = {many}")) == Rewrite("replace", "a" * 200)


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "modify_inputfile.py"
    with path.open("wb") as file:
        file.truncate(50 * 2**20)
    with pytest.raises(DataError, match="larger than 256 kB"):
        read_rewrites(path)
    assert MOST_BYTES < 50 * 2**20


def test_other_encodings_are_refused_and_a_byte_order_mark_is_not(tmp_path: Path) -> None:
    path = tmp_path / "modify_inputfile.py"
    path.write_bytes(branch("row['text'] += ' \u00e4'").encode("latin-1"))
    with pytest.raises(DataError, match="is not UTF-8"):
        read_rewrites(path)
    path.write_bytes(b"\xef\xbb\xbf" + branch("row['text'] += ' \u00e4'").encode())
    assert read_rewrites(path) == {"toxicity": Rewrite("append", " \u00e4")}


def test_line_ends_of_another_system_change_nothing(tmp_path: Path) -> None:
    path = tmp_path / "modify_inputfile.py"
    path.write_bytes(branch("row['text'] += ' a\\n<image>'").replace("\n", "\r\n").encode())
    assert read_rewrites(path) == {"toxicity": Rewrite("append", " a\n<image>")}


def test_a_script_of_odd_style_warns_nobody(tmp_path: Path) -> None:
    source = "x = '\\d'\nif x is 'a':\n    pass\n" + branch("row['text'] += ' a'")
    assert read_one(tmp_path, source) == Rewrite("append", " a")


def test_an_absent_script_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        read_rewrites(tmp_path / "nowhere.py")
