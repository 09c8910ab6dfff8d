"""The store of answers: one SQLite file, one row per answer, nothing ever patched.

Tables (schema version 1):

=========  ==========================================================================
models     id, model_id
answers    id, model, request (32 bytes), draw, generation, text, reasoning, outcome,
           finish_reason, prompt_tokens, completion_tokens, latency_s, attempts, server,
           signals_asked (names, space between), created (Unix seconds)
signals    answer, name, dtype, shape, data (zstd)
attempts   model, request, draw, attempt, at (Unix seconds), reason, message, latency_s
=========  ==========================================================================

The file is in WAL mode with ``synchronous=NORMAL``: a killed process loses nothing that was
committed; after a power cut the last commits may be asked again, the file stays whole.
"""

from __future__ import annotations

import math
import os
import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
import zstandard

from medtrust.core.errors import StoreError
from medtrust.core.records import Answer, Failure, Outcome, Signal, Usage

SCHEMA_VERSION: Final = 1
BUSY_TIMEOUT_S: Final = 60.0

_SCHEMA: Final = """
CREATE TABLE models (id INTEGER PRIMARY KEY, model_id TEXT NOT NULL UNIQUE);
CREATE TABLE answers (
    id INTEGER PRIMARY KEY, model INTEGER NOT NULL REFERENCES models, request BLOB NOT NULL,
    draw INTEGER NOT NULL, generation INTEGER NOT NULL, text TEXT NOT NULL,
    reasoning TEXT NOT NULL, outcome TEXT NOT NULL, finish_reason TEXT NOT NULL,
    prompt_tokens INTEGER, completion_tokens INTEGER, latency_s REAL NOT NULL,
    attempts INTEGER NOT NULL, server TEXT NOT NULL, signals_asked TEXT NOT NULL,
    created REAL NOT NULL,
    UNIQUE (model, request, draw, generation));
CREATE TABLE signals (
    answer INTEGER NOT NULL REFERENCES answers, name TEXT NOT NULL, dtype TEXT NOT NULL,
    shape TEXT NOT NULL, data BLOB NOT NULL, PRIMARY KEY (answer, name)) WITHOUT ROWID;
CREATE TABLE attempts (
    model INTEGER NOT NULL, request BLOB NOT NULL, draw INTEGER NOT NULL,
    attempt INTEGER NOT NULL, at REAL NOT NULL, reason TEXT NOT NULL, message TEXT NOT NULL,
    latency_s REAL NOT NULL);
"""

_INSERT: Final = (
    "INSERT OR IGNORE INTO answers (model, request, draw, generation, text, reasoning, outcome, "
    "finish_reason, prompt_tokens, completion_tokens, latency_s, attempts, server, "
    "signals_asked, created) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
)
_INSERT_ATTEMPT: Final = "INSERT INTO attempts VALUES (?,?,?,?,?,?,?,?)"
_SELECT: Final = (
    "SELECT id, signals_asked, text, reasoning, outcome, finish_reason, prompt_tokens, "
    "completion_tokens, latency_s, attempts, server FROM answers "
    "WHERE model=? AND request=? AND draw=? ORDER BY generation DESC"
)

_TABLES: Final = ("models", "answers", "signals", "attempts")
_OUTCOMES: Final = {outcome.value: outcome for outcome in Outcome}
_NETWORK_FILE_SYSTEMS: Final = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "lustre", "gpfs", "beegfs", "ceph"}
)


class Store:
    """Answers by (model, request, draw). One writer at a time; many processes may share it.

    Attributes:
        path: The file.
        superseded: Keys (model, request_id, draw) whose answer `commit` did not keep, because
            the store held one by then: `get` gives the one that counts. The caller empties it.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self.superseded: set[tuple[int, str, int]] = set()
        self._connection = connection
        self._models: dict[str, int] = {}
        self._rows: list[tuple[tuple[Any, ...], Answer]] = []
        self._attempts: list[tuple[Any, ...]] = []

    @classmethod
    def open(cls, path: Path, *, read_only: bool = False) -> Store:
        """Open a store, making it if it is not there.

        Args:
            path: The file; its folder is made as well.
            read_only: Do not write, and do not make it.

        Raises:
            StoreError: If it cannot be opened or written, or a newer version wrote it.
        """
        with _explained(path):
            if read_only:
                if not path.is_file():
                    raise StoreError(_ABSENT.format(path=path))
                connection = sqlite3.connect(
                    _read_only_uri(path), uri=True, check_same_thread=False
                )
            else:
                _make_folder(path.parent)
                # a notebook's run is driven by a thread of its own, while this one waits for it
                connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, check_same_thread=False)
            connection.isolation_level = None
            try:
                cls._prepare(path, connection, read_only=read_only)
            except BaseException:
                connection.close()
                raise
        return cls(path, connection)

    @staticmethod
    def _prepare(path: Path, connection: sqlite3.Connection, *, read_only: bool) -> None:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > SCHEMA_VERSION:
            raise StoreError(
                f"The store {path} has schema {version}, written by a newer medtrust than this one "
                f"(schema {SCHEMA_VERSION}): upgrade medtrust, or choose another --out or --store."
            )
        rows = connection.execute("SELECT name FROM sqlite_master WHERE type='table'")
        tables = {name for (name,) in rows}
        if tables and not tables.issuperset(_TABLES):
            raise StoreError(_SENTENCES["not a database"].format(path=path))
        if read_only:
            if not tables:
                raise StoreError(_ABSENT.format(path=path))
            return
        _use_write_ahead_log(connection)
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("BEGIN IMMEDIATE")  # shows at once whether we may write
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version == 0:
            for statement in _SCHEMA.split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
        connection.execute("COMMIT")

    def model_number(self, model_id: str) -> int:
        """The store's own number of a model, registering it on first sight."""
        number = self._models.get(model_id)
        if number is None:
            number = self._find_model(model_id)
            if number is None:
                with _explained(self.path):
                    self._connection.execute(
                        "INSERT OR IGNORE INTO models (model_id) VALUES (?)", (model_id,)
                    )
                number = self._find_model(model_id)
                if number is None:
                    raise StoreError(f"The store {self.path} did not keep the model {model_id}.")
            self._models[model_id] = number
        return number

    def _find_model(self, model_id: str) -> int | None:
        with _explained(self.path):
            row = self._connection.execute(
                "SELECT id FROM models WHERE model_id=?", (model_id,)
            ).fetchone()
        return None if row is None else int(row[0])

    def known_model(self, model_id: str) -> int | None:
        """The number of a model, or None when the store never met it; writes nothing."""
        return self._models.get(model_id) or self._find_model(model_id)

    def get(
        self, model: int, request_id: str, draw: int, signals: frozenset[str] = frozenset()
    ) -> Answer | None:
        """The latest answer that was asked for at least these signals.

        Args:
            model: From `model_number`.
            request_id: From `core.keys.request_id`.
            draw: Number of the draw.
            signals: Wanted names. An answer that was never asked for one of them does not count;
                one that was asked and did not give it does.
        """
        with _explained(self.path):
            for row in self._connection.execute(_SELECT, (model, bytes.fromhex(request_id), draw)):
                if not signals or signals.issubset(row[1].split()):
                    break
            else:
                return None
            found = list(self._stored_signals(row[0])) if row[1] else []
        try:
            return _answer(row, dict(_signal(*signal) for signal in found))
        except (KeyError, TypeError, ValueError, OverflowError, zstandard.ZstdError) as error:
            raise StoreError(_SENTENCES["malformed"].format(path=self.path)) from error

    def _stored_signals(self, answer: int) -> sqlite3.Cursor:
        return self._connection.execute(
            "SELECT name, dtype, shape, data FROM signals WHERE answer=?", (answer,)
        )

    def put(
        self,
        model: int,
        request_id: str,
        draw: int,
        answer: Answer,
        *,
        asked: frozenset[str] = frozenset(),
        attempts: int = 1,
        again: bool = False,
    ) -> None:
        """Hand an answer to the next `commit`.

        Args:
            model: From `model_number`.
            request_id: From `core.keys.request_id`.
            draw: Number of the draw.
            answer: What came back.
            asked: Signals that were asked for, given or not.
            attempts: How often the request was tried.
            again: The store holds an answer already and this is a new generation of it.
        """
        for name, array in answer.signals.items():
            if array.dtype.hasobject:
                raise TypeError(f"Signal {name!r} holds Python objects; give numbers or fixed text")
        key = bytes.fromhex(request_id)
        usage = answer.usage
        row = (
            model, key, draw, self._next_generation(model, key, draw) if again else 0,
            answer.text, answer.reasoning, answer.outcome.value, answer.finish_reason,
            usage.prompt_tokens, usage.completion_tokens, answer.latency_s, attempts,
            answer.server, " ".join(sorted(asked | answer.signals.keys())), time.time(),
        )  # fmt: skip
        self._rows.append((row, answer))

    def _next_generation(self, model: int, key: bytes, draw: int) -> int:
        (highest,) = self._connection.execute(
            "SELECT max(generation) FROM answers WHERE model=? AND request=? AND draw=?",
            (model, key, draw),
        ).fetchone()
        return 0 if highest is None else int(highest) + 1

    def put_attempt(
        self,
        model: int,
        request_id: str,
        draw: int,
        attempt: int,
        failure: Failure,
        latency_s: float,
    ) -> None:
        """Hand a failed attempt to the next `commit`. It never satisfies a look-up."""
        self._attempts.append(
            (model, bytes.fromhex(request_id), draw, attempt, time.time(), failure.reason,
             failure.message, latency_s)
        )  # fmt: skip

    @property
    def pending(self) -> int:
        """Rows handed in and not yet committed."""
        return len(self._rows) + len(self._attempts)

    def commit(self) -> None:
        """Write everything handed in, in one transaction; see also `superseded`.

        Raises:
            StoreError: If the disk is full or the file cannot be written; nothing of this
                transaction is then in the store, and what was there before is whole.
        """
        if not self._rows and not self._attempts:
            return
        with _explained(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                ignored = self._write()
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
        self.superseded |= ignored
        self._rows.clear()
        self._attempts.clear()

    def _write(self) -> set[tuple[int, str, int]]:
        """Write the rows; returns the keys of those that came too late."""
        ignored: set[tuple[int, str, int]] = set()
        for row, answer in self._rows:
            cursor = self._connection.execute(_INSERT, row)
            if cursor.rowcount != 1 or cursor.lastrowid is None:
                model, request, draw = row[:3]
                ignored.add((model, request.hex(), draw))
            elif answer.signals:
                self._connection.executemany(
                    "INSERT INTO signals VALUES (?,?,?,?,?)",
                    _signal_rows(cursor.lastrowid, answer),
                )
        if self._attempts:
            self._connection.executemany(
                "INSERT INTO attempts VALUES (?,?,?,?,?,?,?,?)", self._attempts
            )
        return ignored

    def counts(self) -> dict[str, int]:
        """Rows per table, for manifests and tests."""
        with _explained(self.path):
            return {
                table: int(self._connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608 - names are ours
                for table in _TABLES
            }

    def failures(self, model: int) -> dict[tuple[str, int], str]:
        """Reason of the last failed attempt by (request_id, draw), answered since or not."""
        with _explained(self.path):
            rows = self._connection.execute(
                "SELECT request, draw, reason FROM attempts WHERE model=? ORDER BY rowid", (model,)
            )
            return {(request.hex(), draw): reason for request, draw, reason in rows}

    def asked_again(self, model_id: str) -> int:
        """How many answers of a model replaced an earlier one of the same request."""
        with _explained(self.path):
            (count,) = self._connection.execute(
                "SELECT count(*) FROM answers JOIN models ON models.id = answers.model "
                "WHERE model_id=? AND generation > 0", (model_id,)
            ).fetchone()  # fmt: skip
        return int(count)

    def servers(self, model_id: str) -> list[str]:
        """What the servers behind a model said they were."""
        with _explained(self.path):
            rows = self._connection.execute(
                "SELECT DISTINCT server FROM answers JOIN models ON models.id = answers.model "
                "WHERE model_id=? ORDER BY server", (model_id,)
            )  # fmt: skip
            return [str(row[0]) for row in rows if row[0]]

    def close(self) -> None:
        """Fold the WAL into the file, so that the run folder is files one can copy."""
        try:
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.Error:
            # Another process still reads, or the disk is full: the WAL stays beside the file and
            # SQLite takes it in at the next opening. Nothing is lost.
            pass
        finally:
            self._connection.close()


def _signal_rows(answer_id: int, answer: Answer) -> Iterable[tuple[Any, ...]]:
    compressor = zstandard.ZstdCompressor(level=3)
    for name, array in answer.signals.items():
        shape = ",".join(str(length) for length in array.shape)
        data = compressor.compress(np.ascontiguousarray(array).tobytes())
        yield answer_id, name, array.dtype.str, shape, data


_FIELDS: Final = (
    (2, str), (3, str), (5, str), (6, int | None), (7, int | None), (8, float), (9, int), (10, str),
)  # fmt: skip
_BYTES_PER_BYTE: Final = 2**15
"""What one compressed byte stands for at most: a block of 4 bytes repeats one byte 2**17 times."""


def _answer(row: tuple[Any, ...], signals: dict[str, Signal]) -> Answer:
    """A row of `_SELECT` as an answer; SQLite itself lets any column hold any type."""
    for column, kind in _FIELDS:
        if not isinstance(row[column], kind):
            raise TypeError(f"column {column} holds {type(row[column]).__name__}")
    return Answer(
        text=row[2],
        reasoning=row[3],
        outcome=_OUTCOMES[row[4]],
        finish_reason=row[5],
        usage=Usage(row[6], row[7]),
        latency_s=row[8],
        attempts=row[9],
        server=row[10],
        signals=signals,
    )


def _signal(name: str, dtype: str, shape: str, data: bytes) -> tuple[str, Signal]:
    kind = np.dtype(dtype)
    lengths = tuple(int(length) for length in shape.split(",") if length)
    size = kind.itemsize * math.prod(lengths)
    # zstandard makes room for whatever size a frame claims, so the claim is judged first
    claimed = zstandard.get_frame_parameters(data).content_size
    if claimed != size or size > _BYTES_PER_BYTE * len(data):
        raise ValueError("the size of a signal is not that of its shape")
    raw = zstandard.ZstdDecompressor().decompress(data, max_output_size=size)
    return name, np.frombuffer(raw, dtype=kind).reshape(lengths)


def _use_write_ahead_log(connection: sqlite3.Connection) -> None:
    """SQLite does not wait for another process that switches a new file over; so we do."""
    patient_until = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > patient_until:
                raise
            time.sleep(0.01)
        else:
            return


def _read_only_uri(path: Path) -> str:
    """On a medium nobody may write to, SQLite needs to be told that the file cannot change."""
    fixed = not os.access(path.parent, os.W_OK) and not path.with_name(f"{path.name}-wal").exists()
    return f"{path.resolve().as_uri()}?{'immutable=1' if fixed else 'mode=ro'}"


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"The folder {folder} cannot be made: {error.strerror}.") from error


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into one sentence with the way out."""
    try:
        yield
    except sqlite3.Error as error:
        # Python's own complaints (they have no SQLite name) may quote what is stored
        named = hasattr(error, "sqlite_errorname")
        raise StoreError(_sentence(path, error)) from (error if named else None)


_ABSENT: Final = "There is no store at {path}: run the evaluation first."
_SENTENCES: Final = {
    "full": "The disk under {path} is full: free some space and type the same command again.",
    "readonly": "The store {path} is read-only: choose another --out or --store.",
    "unable to open": "The store {path} cannot be opened: is its folder there, and writable?",
    "locked": "The store {path} is locked by another process: let it finish, or choose another.",
    "not a database": "{path} is not a medtrust store: choose another --out or --store.",
    "malformed": "The store {path} is damaged: restore a copy, or move it away and ask again.",
}


def _sentence(path: Path, error: sqlite3.Error) -> str:
    problem, name = str(error), getattr(error, "sqlite_errorname", None)
    if problem.startswith("Could not decode"):
        return _SENTENCES["malformed"].format(path=path)
    if name is not None:
        for fragment, sentence in _SENTENCES.items():
            if fragment in problem:
                return sentence.format(path=path)
    return f"The store {path} failed: {name or type(error).__name__}."


def network_file_system(path: Path, mounts: Path = Path("/proc/mounts")) -> str | None:
    """The type of the network file system a path lies on, or None.

    SQLite's WAL needs shared memory between processes, which network file systems do not give.

    Args:
        path: The store, existing or not.
        mounts: The kernel's list of mounts; where it is absent (not Linux) nothing is said.
    """
    try:
        lines = mounts.read_text(errors="surrogateescape").splitlines()
    except OSError:
        return None
    target = str(path.resolve())
    best, kind = "", ""
    for line in lines:
        fields = line.split()
        if len(fields) < 3:
            continue
        point = fields[1].replace("\\040", " ")
        inside = target == point or target.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best):
            best, kind = point, fields[2]
    return kind if kind in _NETWORK_FILE_SYSTEMS else None
