"""The store: what goes in comes out, and whatever goes wrong is one sentence."""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from medtrust.core.errors import StoreError
from medtrust.core.records import Answer, Failure, Outcome, Usage
from medtrust.engine.store import SCHEMA_VERSION, Store, network_file_system

KEY = "ab" * 32
OTHER = "cd" * 32


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "answers.sqlite"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with closing(Store.open(path)) as opened:
        yield opened


def keep(store: Store, answer: Answer, **how: object) -> int:
    number = store.model_number("m")
    store.put(number, KEY, 0, answer, **how)  # type: ignore[arg-type]
    store.commit()
    return number


def test_every_field_of_an_answer_comes_back(path: Path) -> None:
    answer = Answer(
        "Yes, \u0000 Größe \U0001fa7b",
        outcome=Outcome.TRUNCATED,
        reasoning="because",
        finish_reason="length",
        usage=Usage(10, 3),
        latency_s=0.25,
        attempts=3,
        server="vllm fp-1",
    )
    with closing(Store.open(path)) as first:
        keep(first, answer, attempts=3)
    with closing(Store.open(path)) as second:
        assert second.get(second.model_number("m"), KEY, 0) == answer


@pytest.mark.parametrize(
    "array",
    [
        np.array([-0.1, -2.5e-38, 0.0, -np.inf, np.nan], dtype=np.float32),
        np.array([[1.5, 2.5], [3.5, 4.5]], dtype=np.float64),
        np.array(["Yes", "No", "病变"], dtype=np.str_),
        np.array([[["a"], ["bc"]]], dtype="<U2"),
        np.array([], dtype=np.float32),
        np.zeros((0, 5), dtype=np.float32),
        np.array(0.5, dtype=np.float32),
        np.array([1, 2, 3], dtype=">i4"),
        np.asfortranarray(np.arange(6, dtype=np.float32).reshape(2, 3)),
        np.arange(10, dtype=np.float32)[::2],
        np.array([True, False]),
        np.array([b"\x00a", b"b"], dtype="S2"),
    ],
    ids=lambda array: f"{array.dtype.str}{array.shape}",
)
def test_signals_come_back_exactly(store: Store, array: np.ndarray) -> None:
    number = keep(store, Answer("x", signals={"s": array}), asked=frozenset({"s"}))
    found = store.get(number, KEY, 0, frozenset({"s"}))
    assert found is not None
    back = found.signals["s"]
    assert back.dtype == array.dtype
    assert back.shape == array.shape
    np.testing.assert_array_equal(back, array)


def test_a_signal_nobody_asked_for_comes_back_too(store: Store) -> None:
    """The scores of a score request are its answer: no task has to want them."""
    scores = np.array([-0.5, -1.25])
    number = keep(store, Answer("", signals={"continuation_logprobs": scores}))
    kept = store.get(number, KEY, 0)
    assert kept is not None
    np.testing.assert_array_equal(kept.signals["continuation_logprobs"], scores)


def test_a_signal_of_python_objects_is_refused_when_it_is_handed_in(store: Store) -> None:
    bad = Answer("x", signals={"words": np.array(["a", None], dtype=object)})
    with pytest.raises(TypeError, match="words"):
        store.put(store.model_number("m"), KEY, 0, bad)
    assert store.pending == 0


def test_what_was_handed_in_counts_only_once_it_is_committed(store: Store) -> None:
    number = store.model_number("m")
    store.put(number, KEY, 0, Answer("x"))
    assert store.pending == 1
    assert store.get(number, KEY, 0) is None
    store.commit()
    assert store.pending == 0
    assert store.get(number, KEY, 0) == Answer("x")


def test_an_answer_is_of_one_model_one_request_and_one_draw(store: Store) -> None:
    number = keep(store, Answer("x"))
    assert store.get(store.model_number("other"), KEY, 0) is None
    assert store.get(number, OTHER, 0) is None
    assert store.get(number, KEY, 1) is None


def test_a_stored_answer_is_never_replaced(store: Store) -> None:
    number = keep(store, Answer("first"))
    keep(store, Answer("second"))
    assert store.get(number, KEY, 0) == Answer("first")
    assert store.counts()["answers"] == 1


def test_a_new_generation_stands_beside_the_old_and_is_found_first(store: Store) -> None:
    number = keep(store, Answer("first"))
    keep(store, Answer("second"), again=True)
    assert store.get(number, KEY, 0) == Answer("second")
    assert store.counts()["answers"] == 2


def test_an_answer_never_asked_for_a_wanted_signal_does_not_count(store: Store) -> None:
    number = keep(store, Answer("x"), asked=frozenset({"a"}))
    assert store.get(number, KEY, 0, frozenset({"a"})) is not None
    assert store.get(number, KEY, 0, frozenset({"a", "b"})) is None


def test_a_signal_asked_for_and_not_given_is_remembered(store: Store) -> None:
    given = {"a": np.array([1.0], dtype=np.float32)}
    number = keep(store, Answer("x", signals=given), asked=frozenset({"a", "b"}))
    found = store.get(number, KEY, 0, frozenset({"b"}))
    assert found is not None
    assert set(found.signals) == {"a"}


def test_two_tasks_that_want_different_signals_do_not_ask_in_turns_for_ever(store: Store) -> None:
    number = keep(store, Answer("with a"), asked=frozenset({"a"}))
    keep(store, Answer("with b"), asked=frozenset({"b"}), again=True)
    with_a = store.get(number, KEY, 0, frozenset({"a"}))
    with_b = store.get(number, KEY, 0, frozenset({"b"}))
    assert with_a is not None
    assert with_b is not None
    assert (with_a.text, with_b.text) == ("with a", "with b")


def test_a_failed_attempt_is_recorded_and_never_satisfies_a_look_up(store: Store) -> None:
    number = store.model_number("m")
    store.put_attempt(number, KEY, 0, 1, Failure("http-500", "The server is down."), 0.1)
    store.commit()
    assert store.get(number, KEY, 0) is None
    assert store.counts() == {"models": 1, "answers": 0, "signals": 0, "attempts": 1}


def test_servers_behind_a_model_are_listed_once(store: Store) -> None:
    number = store.model_number("m")
    for draw, server in enumerate(["b", "a", "b", ""]):
        store.put(number, KEY, draw, Answer("x", server=server))
    store.commit()
    assert store.servers("m") == ["a", "b"]
    assert store.servers("unknown") == []


def test_looking_for_a_model_does_not_register_it(store: Store) -> None:
    assert store.known_model("m") is None
    assert store.counts()["models"] == 0


def test_closing_leaves_one_file_that_can_be_copied(path: Path) -> None:
    store = Store.open(path)
    keep(store, Answer("x"))
    store.close()
    assert [one.name for one in path.parent.iterdir()] == [path.name]
    copy = path.with_name("copy.sqlite")
    copy.write_bytes(path.read_bytes())
    with closing(Store.open(copy, read_only=True)) as opened:
        number = opened.known_model("m")
        assert number is not None
        assert opened.get(number, KEY, 0) == Answer("x")


def test_a_store_of_a_newer_version_is_refused(path: Path) -> None:
    Store.open(path).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version={SCHEMA_VERSION + 1}")
    for read_only in (False, True):
        with pytest.raises(StoreError, match=r"newer medtrust.*upgrade"):
            Store.open(path, read_only=read_only)


@pytest.mark.parametrize("read_only", [False, True])
def test_a_file_that_is_no_database_is_refused_and_kept(path: Path, read_only: bool) -> None:
    path.write_bytes(b"question,answer\n" * 100)
    before = path.read_bytes()
    with pytest.raises(StoreError, match="is not a medtrust store"):
        Store.open(path, read_only=read_only)
    assert path.read_bytes() == before


@pytest.mark.parametrize("version", [0, 1])
@pytest.mark.parametrize("read_only", [False, True])
def test_somebody_elses_database_is_refused_and_kept(
    path: Path, version: int, read_only: bool
) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE patients (id INTEGER)")
        connection.execute(f"PRAGMA user_version={version}")
    before = path.read_bytes()
    with pytest.raises(StoreError, match="is not a medtrust store"):
        Store.open(path, read_only=read_only)
    assert path.read_bytes() == before


def test_reading_a_store_that_is_not_there_makes_none(path: Path) -> None:
    with pytest.raises(StoreError, match="There is no store at"):
        Store.open(path, read_only=True)
    assert not path.exists()


def test_reading_a_store_whose_making_was_interrupted_is_one_sentence(path: Path) -> None:
    path.touch()
    with pytest.raises(StoreError, match="There is no store at"):
        Store.open(path, read_only=True)
    Store.open(path).close()


def test_a_folder_in_place_of_the_store_is_one_sentence(path: Path) -> None:
    path.mkdir()
    with pytest.raises(StoreError, match="cannot be opened"):
        Store.open(path)


def test_a_file_in_place_of_the_stores_folder_is_one_sentence(path: Path) -> None:
    path.write_text("a file")
    with pytest.raises(StoreError, match="cannot be made"):
        Store.open(path / "inside.sqlite")


def test_a_damaged_store_is_one_sentence(path: Path) -> None:
    with closing(Store.open(path)) as store:
        number = store.model_number("m")
        for draw in range(2000):
            store.put(number, KEY, draw, Answer("x" * 50))
        store.commit()
    data = bytearray(path.read_bytes())
    data[4096 * 2 : 4096 * 20] = os.urandom(4096 * 18)
    path.write_bytes(data)

    def read_all() -> None:
        with closing(Store.open(path)) as store:
            for draw in range(2000):
                store.get(store.model_number("m"), KEY, draw)

    with pytest.raises(StoreError, match=r"damaged|is not a medtrust store"):
        read_all()


def test_a_locked_store_is_one_sentence(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("medtrust.engine.store.BUSY_TIMEOUT_S", 0.05)
    with closing(Store.open(path)) as store, closing(sqlite3.connect(path)) as other:
        number = store.model_number("m")
        other.execute("BEGIN IMMEDIATE")
        store.put(number, KEY, 0, Answer("x"))
        with pytest.raises(StoreError, match="locked by another process"):
            store.commit()
        assert store.pending == 1
        other.execute("ROLLBACK")
        store.commit()
        assert store.get(number, KEY, 0) == Answer("x")


def test_a_full_disk_is_one_sentence_and_harms_nothing_kept_before(path: Path) -> None:
    with closing(Store.open(path)) as store:
        number = keep(store, Answer("kept before"))
        (pages,) = store._connection.execute("PRAGMA page_count").fetchone()
        store._connection.execute(f"PRAGMA max_page_count={pages + 2}")
        for draw in range(1, 500):
            store.put(number, KEY, draw, Answer("x" * 1000))
        with pytest.raises(
            StoreError, match=r"^The disk under .* is full: .*same command again\.$"
        ):
            store.commit()
    with closing(Store.open(path)) as again:
        assert again._connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert again.get(number, KEY, 0) == Answer("kept before")
        assert again.counts()["answers"] == 1


def test_once_there_is_space_again_what_was_handed_in_is_kept(path: Path) -> None:
    with closing(Store.open(path)) as store:
        number = keep(store, Answer("kept before"))
        (pages,) = store._connection.execute("PRAGMA page_count").fetchone()
        store._connection.execute(f"PRAGMA max_page_count={pages + 2}")
        for draw in range(1, 500):
            store.put(number, KEY, draw, Answer("x" * 1000))
        with pytest.raises(StoreError):
            store.commit()
        store._connection.execute(f"PRAGMA max_page_count={1_000_000}")
        store.commit()
        assert store.counts()["answers"] == 500


def as_nobody(check: Callable[[], None]) -> int:
    """Run a check in a child process that is not root; returns its exit status."""
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        try:
            if os.getuid() == 0:
                os.setgid(65534)
                os.setuid(65534)
            check()
        except BaseException as problem:  # noqa: BLE001 - the parent reports it
            sys.stderr.write(f"{type(problem).__name__}: {problem}\n")
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.fixture
def open_path(tmp_path: Path) -> Iterator[Path]:
    """A store in a folder that everybody can reach."""
    if os.getuid() == 0:
        for folder in (tmp_path, *tmp_path.parents):
            if folder.stat().st_uid == 0 and folder.stat().st_mode & 0o5 != 0o5:
                folder.chmod(folder.stat().st_mode | 0o5)
    inside = tmp_path / "run"
    inside.mkdir()
    path = inside / "answers.sqlite"
    with closing(Store.open(path)) as store:
        keep(store, Answer("kept"))
    yield path
    inside.chmod(0o755)


def test_a_read_only_store_is_one_sentence(open_path: Path) -> None:
    open_path.chmod(0o444)
    open_path.parent.chmod(0o555)

    def check() -> None:
        with pytest.raises(StoreError, match="read-only: choose another"):
            Store.open(open_path)

    assert as_nobody(check) == 0


def test_a_folder_nobody_may_write_to_is_one_sentence(open_path: Path) -> None:
    open_path.parent.chmod(0o555)

    def check() -> None:
        with pytest.raises(StoreError, match="cannot be opened: is its folder there, and writable"):
            Store.open(open_path.with_name("new.sqlite"))

    assert as_nobody(check) == 0


def test_a_store_on_a_read_only_medium_can_be_read(open_path: Path) -> None:
    open_path.chmod(0o444)
    open_path.parent.chmod(0o555)

    def check() -> None:
        with closing(Store.open(open_path, read_only=True)) as store:
            number = store.known_model("m")
            assert number is not None
            assert store.get(number, KEY, 0) == Answer("kept")

    assert as_nobody(check) == 0


MOUNTS = """\
/dev/sda1 / ext4 rw 0 0
server:/export /mnt/shared nfs4 rw 0 0
/dev/sdb1 /mnt/shared/local ext4 rw 0 0
//server/share /mnt/with\\040space cifs rw 0 0
"""


@pytest.mark.parametrize(
    ("where", "kind"),
    [
        ("/home/me/answers.sqlite", None),
        ("/mnt/shared/run/answers.sqlite", "nfs4"),
        ("/mnt/shared", "nfs4"),
        ("/mnt/sharedness/answers.sqlite", None),
        ("/mnt/shared/local/answers.sqlite", None),
        ("/mnt/with space/answers.sqlite", "cifs"),
    ],
)
def test_a_network_file_system_is_recognised(tmp_path: Path, where: str, kind: str | None) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(MOUNTS)
    assert network_file_system(Path(where), mounts) == kind


def test_mounts_with_odd_names_do_no_harm(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_bytes(b"/dev/x /mnt/\xff ext4 rw 0 0\nbroken\n" + MOUNTS.encode())
    assert network_file_system(Path("/mnt/shared/a"), mounts) == "nfs4"


def test_without_a_list_of_mounts_nothing_is_said(tmp_path: Path) -> None:
    assert network_file_system(tmp_path, tmp_path / "absent") is None


def test_an_answer_that_came_too_late_is_named_and_the_kept_one_counts(path: Path) -> None:
    with closing(Store.open(path)) as first, closing(Store.open(path)) as second:
        number = keep(first, Answer("first"))
        late = second.model_number("m")
        second.put(late, KEY, 0, Answer("second"))
        second.put(late, OTHER, 0, Answer("alone"))
        second.put(late, KEY, 1, Answer("also alone", signals={"s": np.zeros(2)}))
        second.commit()
        assert first.superseded == set()
        assert second.superseded == {(late, KEY, 0)}
        assert second.get(late, KEY, 0) == first.get(number, KEY, 0) == Answer("first")


def test_two_new_generations_at_once_name_the_later_one(path: Path) -> None:
    with closing(Store.open(path)) as first, closing(Store.open(path)) as second:
        number = keep(first, Answer("old"))
        first.put(number, KEY, 0, Answer("new"), again=True)
        second.put(number, KEY, 0, Answer("newer"), again=True)
        first.commit()
        second.commit()
        assert (first.superseded, second.superseded) == (set(), {(number, KEY, 0)})
        assert second.get(number, KEY, 0) == Answer("new")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE answers SET text = CAST(X'6C6F636B656420FF' AS TEXT)",
        "UPDATE answers SET text = X'FF'",
        "UPDATE answers SET outcome = 'odd'",
        "UPDATE answers SET attempts = 'many'",
        "UPDATE signals SET dtype = 'odd'",
        "UPDATE signals SET dtype = '|O'",
        "UPDATE signals SET shape = '3'",
        "UPDATE signals SET shape = '-1'",
        "UPDATE signals SET shape = 'wide'",
        "UPDATE signals SET shape = X'FF'",
        "UPDATE signals SET data = X'00'",
        "UPDATE signals SET data = substr(data, 1, length(data) - 3)",
        # a frame that claims 2**55 bytes, of an array that would have them
        "UPDATE signals SET shape = '9007199254740992', data = X'28B52FFDC0000000000000800001'",
    ],
)
def test_a_damaged_row_is_one_sentence_without_what_it_holds(path: Path, statement: str) -> None:
    with closing(Store.open(path)) as store:
        answer = Answer("x", signals={"s": np.arange(2, dtype=np.float32)})
        number = keep(store, answer, asked=frozenset({"s"}))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement)
    with (
        closing(Store.open(path)) as store,
        pytest.raises(StoreError, match=r"answers\.sqlite is damaged: restore a copy") as caught,
    ):
        store.get(number, KEY, 0, frozenset({"s"}))
    assert "locked" not in str(caught.value)


def test_an_error_without_a_sentence_of_its_own_is_named_and_not_quoted(path: Path) -> None:
    store = Store.open(path)
    store.close()
    with pytest.raises(StoreError, match=r"failed: ProgrammingError\.$"):
        store.counts()
