"""What is kept of an unfinished run: a folder beside the output that the same command goes on with.

``OUT.unfinished/job.json`` says what is looked for and by which digest; ``inputs/`` holds matrices
that cannot be mapped where they are; ``NNNNN.npz`` is a finished strip. Every file is written under
another name first, so that one that is there is whole.
"""

from __future__ import annotations

import json
import os
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final

import numpy as np

from medtrust.core.errors import DataError, PlanMismatchError
from medtrust.mining.embeddings import Embeddings
from medtrust.mining.similarity import Rows
from medtrust.mining.strip import PAIR, Found, Job, Side

JOB: Final = "job.json"
LOCK: Final = "lock"
BATCH: Final = 4096


class State:
    """The folder of an unfinished run.

    Args:
        folder: The folder itself.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def beside(cls, out: Path, digest: str) -> State:
        """The folder that belongs to an output; made where it is not there.

        Args:
            out: The parquet file that the run is to write.
            digest: sha256 of inputs and settings.

        Raises:
            PlanMismatchError: If the folder belongs to other inputs or settings.
        """
        state = cls(out.with_name(f"{out.name}.unfinished"))
        kept = state._job()
        if kept is not None and kept.get("digest") != digest:
            raise PlanMismatchError(
                f"{state.folder} holds an unfinished run of other embeddings or settings: finish"
                " that one, delete the folder, or choose another --out."
            )
        (state.folder / "inputs").mkdir(parents=True, exist_ok=True)
        if kept is None:
            state.keep_job({}, digest)
        return state

    def _job(self) -> dict[str, Any] | None:
        try:
            kept = json.loads((self.folder / JOB).read_bytes())
        except (FileNotFoundError, NotADirectoryError):
            return None
        except ValueError:
            return {}
        return kept if isinstance(kept, dict) else {}

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep a second command out while this one works here.

        Raises:
            DataError: If another process works here already.
        """
        with (self.folder / LOCK).open("wb") as handle:
            try:
                import fcntl
            except ImportError:  # Windows: the folder is not guarded there
                yield
                return
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise DataError(
                    f"Another process works on {self.folder}: wait for it, or choose another --out."
                ) from error
            yield

    def keep_job(self, described: dict[str, Any], digest: str) -> None:
        """Write what the workers need to know; their matrices lie here or are named."""
        _replace(self.folder / JOB, json.dumps({**described, "digest": digest}).encode())

    def matrix(self, embeddings: Embeddings, role: str) -> dict[str, str]:
        """Paths from which a worker maps one matrix; what has no file of its own is written."""
        values = embeddings.file or self._written(f"{role}-values", embeddings.values)
        norms = self._written(f"{role}-norms", embeddings.norms)
        single = values
        if not embeddings.plain:
            single = self._written_single(f"{role}-single", embeddings)
        return {"single": str(single.resolve()), "values": str(values.resolve()),
                "norms": str(norms.resolve())}  # fmt: skip

    def vector(self, name: str, values: np.ndarray[Any, Any] | None) -> str | None:
        """Path of one small vector, or None."""
        return None if values is None else str(self._written(name, values).resolve())

    def _written(self, name: str, values: np.ndarray[Any, Any]) -> Path:
        path = self.folder / "inputs" / f"{name}.npy"
        if not path.exists():
            temporary = path.with_suffix(".part")
            with temporary.open("wb") as handle:
                np.save(handle, np.asarray(values), allow_pickle=False)
                _settle(handle)
            temporary.replace(path)
        return path

    def _written_single(self, name: str, embeddings: Embeddings) -> Path:
        path = self.folder / "inputs" / f"{name}.npy"
        if not path.exists():
            temporary = path.with_suffix(".part")
            target = np.lib.format.open_memmap(
                temporary, mode="w+", dtype=np.float32, shape=embeddings.values.shape
            )
            fill_single(embeddings, target)
            del target
            with temporary.open("rb+") as handle:
                _settle(handle)
            temporary.replace(path)
        return path

    def finished(self, index: int) -> bool:
        """Whether a strip is done, and its file whole."""
        path = self._strip(index)
        try:
            with zipfile.ZipFile(path) as archive:
                return len(archive.namelist()) == len(Found._fields)
        except (FileNotFoundError, zipfile.BadZipFile):
            return False

    def keep(self, index: int, found: Found) -> None:
        """Store a finished strip."""
        path = self._strip(index)
        temporary = path.with_suffix(f".{os.getpid()}.part")
        with temporary.open("wb") as handle:
            np.savez(handle, pairs=found.pairs, repeated=found.repeated,
                     candidates=np.int64(found.candidates))  # fmt: skip
            _settle(handle)
        temporary.replace(path)

    def take(self, index: int) -> Found:
        """A strip that is done."""
        with np.load(self._strip(index), allow_pickle=False) as archive:
            return Found(
                archive["pairs"].astype(PAIR), archive["repeated"], int(archive["candidates"])
            )

    def remove(self) -> None:
        """Delete the folder: the output is written."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _strip(self, index: int) -> Path:
        return self.folder / f"{index:05}.npz"


def fill_single(embeddings: Embeddings, target: np.ndarray[Any, Any]) -> None:
    """Write the rows at length 1 in float32."""
    for start in range(0, len(embeddings), BATCH):
        stop = start + BATCH
        chunk = embeddings.values[start:stop].astype(np.float64)
        chunk /= embeddings.norms[start:stop, None]
        with np.errstate(over="ignore", invalid="ignore", under="ignore"):
            target[start:stop] = chunk


def rows_in_memory(embeddings: Embeddings) -> Rows:
    """The forms of a matrix for work inside this process."""
    values = np.asarray(embeddings.values)
    if embeddings.plain:
        return Rows(values, values, embeddings.norms)
    single = np.empty(values.shape, dtype=np.float32)
    fill_single(embeddings, single)
    return Rows(single, values, embeddings.norms)


def opened_job(folder: Path) -> Job:
    """The job of a folder, its matrices mapped: what a worker process starts with."""
    kept = json.loads((folder / JOB).read_bytes())

    def mapped(path: str) -> Any:
        return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))

    def rows(paths: dict[str, str] | None) -> Rows | None:
        if paths is None:
            return None
        return Rows(mapped(paths["single"]), mapped(paths["values"]), mapped(paths["norms"]))

    def side(paths: dict[str, Any] | None) -> Side | None:
        new = None if paths is None else rows(paths["new"])
        return None if new is None or paths is None else Side(new, rows(paths["old"]))

    first = side(kept["first"])
    if first is None:
        raise DataError(f"{folder / JOB} names no matrix: delete the folder and start again.")
    return Job(
        first, side(kept["second"]), kept["above"], kept["below"], kept["n_old"], kept["n"],
        mapped(kept["usable"]), None if kept["apart"] is None else mapped(kept["apart"]),
        kept["near"],
    )  # fmt: skip


def _settle(handle: IO[bytes]) -> None:
    """Wait until a file is on the disk: its new name must not outlive a power cut without it."""
    handle.flush()
    os.fsync(handle.fileno())


def _replace(path: Path, content: bytes) -> None:
    temporary = path.with_suffix(".part")
    temporary.write_bytes(content)
    temporary.replace(path)
