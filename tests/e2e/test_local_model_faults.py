"""Local models under real faults: each has one clear outcome, and none loses an answer."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from polars.testing import assert_frame_equal

from medtrust.core.errors import ModelError, UnknownNameError, UserError
from medtrust.core.records import Answer, Decoding, Failure
from medtrust.run import Run, evaluate, load_run
from parts.endless_models import edit, save_endless_model
from parts.local_requests import SIGNALS, answers, call, close, local_model, results, said
from parts.question_files import write_questions

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")
Folders = Callable[[str], Path]


@pytest.fixture
def llama(random_folder: Folders, tmp_path: Path) -> Path:
    """A text model to damage."""
    return Path(shutil.copytree(random_folder("llama"), tmp_path / "llama"))


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    return write_questions(tmp_path, 4)


def run(folder: Path, questions: Path, out: Path, **options: str) -> Run:
    """Few short answers: a context of 120 tokens leaves room for about 60."""
    quick = {"device": "cpu", "threads": "1", "context": "120"}
    return evaluate(
        tasks="folder/factuality",
        model=f"hf/{folder}",
        model_options=quick | options,
        data={"folder": questions},
        out=out,
    )


def refusal(folder: Path, questions: Path, tmp_path: Path, **options: str) -> str:
    """The one sentence with which a run is refused."""
    with pytest.raises(UserError) as caught:
        run(folder, questions, tmp_path / "run", **options)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert sentence.endswith(".")
    return sentence


def weights(folder: Path) -> dict[str, Any]:
    from safetensors.torch import load_file

    loaded: dict[str, Any] = load_file(folder / "model.safetensors")
    return loaded


def write_weights(folder: Path, tensors: dict[str, Any]) -> None:
    from safetensors.torch import save_file

    save_file(tensors, folder / "model.safetensors", {"format": "pt"})


def split_in_two(folder: Path) -> list[Path]:
    """The same weights in two files with an index, as large models come."""
    from safetensors.torch import save_file

    tensors = weights(folder)
    names = sorted(tensors)
    halves = [names[: len(names) // 2], names[len(names) // 2 :]]
    files = [folder / f"model-0000{n}-of-00002.safetensors" for n in (1, 2)]
    for file, half in zip(files, halves, strict=True):
        save_file({name: tensors[name] for name in half}, file, {"format": "pt"})
    places = {name: file.name for file, half in zip(files, halves, strict=True) for name in half}
    index = {"metadata": {"total_size": 1}, "weight_map": places}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    (folder / "model.safetensors").unlink()
    return files


def no_weights(folder: Path) -> None:
    (folder / "model.safetensors").unlink()


def pickled(folder: Path) -> None:
    torch.save(weights(folder), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()


def half_of_the_shards(folder: Path) -> None:
    split_in_two(folder)[1].unlink()


def broken_index(folder: Path) -> None:
    split_in_two(folder)
    (folder / "model.safetensors.index.json").write_text("{")


def no_config(folder: Path) -> None:
    (folder / "config.json").unlink()


def cut_weights(folder: Path) -> None:
    whole = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(whole[: len(whole) // 2])


def empty_weights(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"")


def a_tensor_missing(folder: Path) -> None:
    tensors = weights(folder)
    del tensors["model.layers.1.mlp.up_proj.weight"]
    write_weights(folder, tensors)


def a_tensor_too_many(folder: Path) -> None:
    write_weights(folder, {**weights(folder), "model.layers.1.mlp.gate.weight": torch.zeros(3)})


def a_tensor_of_another_shape(folder: Path) -> None:
    write_weights(folder, {**weights(folder), "model.norm.weight": torch.zeros(3)})


def damaged_config(folder: Path) -> None:
    (folder / "config.json").write_text('{"model_type": "llama",')


def unknown_architecture(folder: Path) -> None:
    edit(folder / "config.json", model_type="hologram")


def another_kind_of_model(folder: Path) -> None:
    edit(folder / "config.json", model_type="vit", architectures=["ViTModel"])


def no_tokenizer(folder: Path) -> None:
    (folder / "tokenizer.json").unlink()
    (folder / "tokenizer_config.json").unlink()


def damaged_tokenizer(folder: Path) -> None:
    (folder / "tokenizer.json").write_text("[]")


FAULTS: list[tuple[Callable[[Path], None], str]] = [
    (no_weights, "holds no weights"),
    (pickled, "pickled weights .pytorch_model.bin.*convert them to safetensors"),
    (half_of_the_shards, "only part of the weights: 1 of 2 files are missing, model-00002"),
    (broken_index, "index.json cannot be read: copy the model again"),
    (no_config, "there is no config.json in it"),
    (cut_weights, "weights in .* are damaged .*copy them again"),
    (empty_weights, "weights in .* are damaged .*copy them again"),
    (a_tensor_missing, r"1 missing \(model.layers.1.mlp.up_proj.weight\)"),
    (a_tensor_too_many, r"1 unexpected \(model.layers.1.mlp.gate.weight\)"),
    (a_tensor_of_another_shape, "weights in .*cannot be loaded|1 mismatched"),
    (damaged_config, "config.json .*(cannot be read|damaged)|not a valid JSON"),
    (unknown_architecture, "does not know the architecture .*hologram.*plan and replay"),
    (another_kind_of_model, "holds a vit model, which neither"),
    (no_tokenizer, "tokenizer of .* cannot be loaded"),
    (damaged_tokenizer, "tokenizer of .* cannot be loaded"),
]


@pytest.mark.parametrize(("damage", "sentence"), FAULTS, ids=[f.__name__ for f, _ in FAULTS])
def test_a_folder_that_is_no_whole_model_is_refused_in_one_sentence(
    llama: Path,
    questions: Path,
    tmp_path: Path,
    damage: Callable[[Path], None],
    sentence: str,
) -> None:
    damage(llama)
    said_so = refusal(llama, questions, tmp_path)
    assert re.search(sentence, said_so), said_so


def test_weights_in_two_files_answer_like_weights_in_one(
    random_folder: Folders, llama: Path
) -> None:
    split_in_two(llama)
    one, two = local_model(random_folder("llama")), local_model(llama)
    asked = [call(said("Is there a nodule?"), decoding=Decoding(max_tokens=8))]
    assert answers(one, asked)[0].text == answers(two, asked)[0].text
    assert one.identity.revision != two.identity.revision
    close(one)
    close(two)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"batch": "0"}, "batch=0 is not a whole number from 1"),
        ({"context": "many"}, "context=many is not a whole number"),
        ({"dtype": "float23"}, "Unknown dtype 'float23': did you mean float32"),
        ({"path": "fast"}, "Unknown path 'fast'"),
        ({"keep_gib": "-1"}, "keep_gib=-1 is not a number of GiB"),
        ({"keep_gib": "nan"}, "keep_gib=nan is not a number of GiB"),
        ({"device": "cuda:77"}, "device=cuda:77 is not usable here"),
        ({"device": "toaster"}, "device=toaster is none of auto, cpu, cuda"),
        ({"bach": "4"}, "'bach'.* did you mean batch"),
    ],
)
def test_a_wrong_option_is_refused_before_anything_is_loaded(
    llama: Path, questions: Path, tmp_path: Path, options: dict[str, str], sentence: str
) -> None:
    with pytest.raises((UserError, UnknownNameError), match=sentence):
        run(llama, questions, tmp_path / "run", **options)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("./nowhere", "There is no folder ./nowhere, and"),
        ("nowhere", "There is no folder nowhere, and it is no hub id"),
        ("a/b/c", "no hub id"),
    ],
)
def test_a_model_that_is_nowhere_is_refused(
    questions: Path, tmp_path: Path, name: str, sentence: str
) -> None:
    with pytest.raises(ModelError, match=sentence):
        evaluate(
            tasks="folder/factuality",
            model=f"hf/{name}",
            data={"folder": questions},
            out=tmp_path / "run",
        )


def test_an_older_transformers_is_refused_with_the_way_out(
    llama: Path, questions: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("transformers.__version__", "4.57.1")
    sentence = refusal(llama, questions, tmp_path)
    assert sentence.startswith("transformers 4.57.1 is too old.")
    assert "pip install 'medtrust[local]'" in sentence


BLOCKED = """
import sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "{package}":
            raise ModuleNotFoundError("No module named '{package}'", name="{package}")
sys.meta_path.insert(0, Blocker())
from medtrust.cli.main import main
sys.argv[1:] = sys.argv[1:]
main()
"""


@pytest.mark.parametrize("package", ["torch", "transformers"])
def test_without_its_packages_one_sentence_says_how_to_get_them(
    random_folder: Folders, questions: Path, tmp_path: Path, package: str
) -> None:
    done = subprocess.run(
        [
            sys.executable, "-c", BLOCKED.format(package=package),
            *command(random_folder("llama"), questions, tmp_path / "run")[3:],
        ],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert "pip install 'medtrust[local]'" in " ".join(done.stderr.split())


def image_questions(folder: Path, sizes: dict[str, tuple[int, int]]) -> Path:
    rows = []
    for name, size in sizes.items():
        Image.new("RGB", size, (90, 60, 30)).save(folder / f"{name}.png")
        row = {"id": name, "image": f"{name}.png", "question": "Is it there?", "answer": "yes"}
        rows.append(json.dumps(row))
    path = folder / "images.jsonl"
    path.write_text("\n".join(rows))
    return path


def statuses(run: Run) -> dict[str, str]:
    rows = run.scores.filter(run.scores["measure"] == "correct").iter_rows(named=True)
    return {row["sample"].partition(":")[2]: row["status"] for row in rows if not row["condition"]}


def test_a_text_model_is_not_asked_about_images(random_folder: Folders, tmp_path: Path) -> None:
    asked = image_questions(tmp_path, {"one": (9, 9), "two": (8, 8)})
    with pytest.raises(ModelError, match=r"No request was answered \(images-unsupported: \d+\)"):
        run(random_folder("llama"), asked, tmp_path / "run")
    assert set(statuses(load_run(tmp_path / "run")).values()) == {"missing:images-unsupported"}


def test_images_of_one_pixel_and_of_64_million_are_answered(
    random_folder: Folders, tmp_path: Path
) -> None:
    sizes = {"dot": (1, 1), "line": (3000, 1), "wall": (8000, 8000), "usual": (64, 48)}
    asked = image_questions(tmp_path, sizes)
    done = run(random_folder("llava"), asked, tmp_path / "run", context="200")
    assert done.left is None
    found = statuses(done)
    assert found.keys() == sizes.keys()
    assert not [one for one in found.values() if one.startswith("missing:")]


def test_a_prompt_longer_than_the_context_fails_alone(llama: Path) -> None:
    model = local_model(llama, context="60")
    short, long = said("Is there a nodule?"), said("Is there a nodule? " * 20)
    first, second, third, scored = results(
        model,
        [
            call(short), call(long), call(short, decoding=Decoding(max_tokens=3)),
            call(long, continuations=("A", "B")),
        ],
    )  # fmt: skip
    close(model)
    assert isinstance(second, Failure)
    assert isinstance(scored, Failure)
    assert (second.reason, scored.reason) == ("prompt-too-long", "prompt-too-long")
    assert "context of 60" in second.message
    assert "nodule" not in second.message
    assert not second.fatal
    assert isinstance(first, Answer)
    assert isinstance(third, Answer)
    assert first.usage.prompt_tokens is not None
    assert first.usage.completion_tokens is not None
    assert first.usage.prompt_tokens + first.usage.completion_tokens <= 60


class SmallMemory:
    """Stands before a model and has no memory for calls of more rows than this."""

    def __init__(self, most_rows: int) -> None:
        self.most_rows = most_rows
        self.n_faults = 0

    def __call__(self, _model: Any, _arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
        if named["input_ids"].shape[0] > self.most_rows:
            self.n_faults += 1
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB.")


@pytest.fixture(params=["llama auto", "llama plain", "llava auto", "llava plain"])
def crowd(request: pytest.FixtureRequest, random_folder: Folders) -> Iterator[tuple[Any, Any]]:
    """A model with a wide batch and many requests for it: draws, variants, scores."""
    name, path = request.param.split()
    model = local_model(random_folder(name), batch="64", path=path)
    model._ready()
    images = [f"phantom-1:{n}" if name == "llava" else "" for n in range(7)]
    calls = [
        call(said(f"Is there a nodule in lobe {n % 20}?", image=images[n % 7]), draw=n // 20,
             decoding=Decoding(max_tokens=6, temperature=1.0))
        for n in range(60)
    ]  # fmt: skip
    calls += [
        call(said(f"Lobe {n}?", image=images[n % 7]), continuations=("Yes, it is", "No"))
        for n in range(8)
    ]
    yield model, calls
    close(model)


def assert_alike(first: list[Answer], second: list[Answer]) -> None:
    for one, other in zip(first, second, strict=True):
        assert one.text == other.text
        assert one.signals.keys() == other.signals.keys()
        for name, values in one.signals.items():
            if values.dtype.kind == "f":
                assert values == pytest.approx(other.signals[name], abs=1e-4)


def test_when_memory_runs_out_the_batch_is_halved_and_nothing_is_lost(crowd: Any) -> None:
    model, calls = crowd
    calm = answers(model, calls)
    model._runtime._kept.clear()
    memory = SmallMemory(most_rows=2)
    hook = model._runtime._loaded.model.register_forward_pre_hook(memory, with_kwargs=True)
    try:
        assert_alike(answers(model, calls), calm)
        # once small, the batch stays small: 64, 32, 16, 8 and 4 rows are tried once for prompts and
        # once for answers
        assert 2 <= memory.n_faults <= 10
        before = memory.n_faults
        assert_alike(answers(model, calls), calm)
        assert memory.n_faults == before
    finally:
        hook.remove()


def test_what_does_not_even_fit_alone_fails_alone(crowd: Any) -> None:
    model, calls = crowd
    hook = model._runtime._loaded.model.register_forward_pre_hook(SmallMemory(0), with_kwargs=True)
    failed = results(model, calls[:5], SIGNALS)
    hook.remove()
    assert {one.reason for one in failed if isinstance(one, Failure)} == {"out-of-memory"}
    assert len(failed) == 5
    assert len(answers(model, calls[:5])) == 5  # the model itself is as good as before


def command(folder: Path, questions: Path, out: Path) -> list[str]:
    return [
        sys.executable, "-m", "medtrust.cli.main", "run", "folder", "--model", f"hf/{folder}",
        "-M", "device=cpu", "-M", "threads=1", "-M", "context=120", "-M", "batch=8",
        "--data", f"folder={questions}", "--out", str(out), "--json",
    ]  # fmt: skip


def n_kept(out: Path) -> int:
    if not (out / "answers.sqlite").is_file():
        return 0
    with closing(sqlite3.connect(out / "answers.sqlite")) as connection:
        try:
            (count,) = connection.execute("SELECT count(*) FROM answers").fetchone()
        except sqlite3.OperationalError:  # not made yet
            return 0
    return int(count)


def stop_after(arguments: list[str], out: Path, kept: int, how: signal.Signals) -> tuple[int, str]:
    """Start a run and stop it once this many answers are kept."""
    environment = {**os.environ, "LC_ALL": "C"}
    with subprocess.Popen(
        arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, text=True
    ) as process:
        try:
            while n_kept(out) < kept:
                assert process.poll() is None, process.communicate()[1]
                time.sleep(0.01)
            process.send_signal(how)
            _, errors = process.communicate(timeout=120)
        finally:
            process.kill()
    return process.returncode, errors


def test_a_killed_and_an_interrupted_run_end_with_the_same_answers(
    random_folder: Folders, tmp_path: Path
) -> None:
    folder = random_folder("llama")
    questions, out = write_questions(tmp_path, 150), tmp_path / "run"
    arguments = command(folder, questions, out)
    code, _ = stop_after(arguments, out, 10, signal.SIGKILL)
    assert code == -signal.SIGKILL
    after_kill = n_kept(out)
    assert 10 <= after_kill < 150
    code, errors = stop_after(arguments, out, after_kill + 10, signal.SIGINT)
    assert code == 3, errors
    assert "Traceback" not in errors
    assert load_run(out).manifest["state"] == "incomplete"
    assert after_kill < n_kept(out) < 150
    resumed = run(folder, questions, out, batch="8")
    assert resumed.left is None
    calm = run(folder, questions, tmp_path / "calm", batch="64")
    assert_frame_equal(resumed.scores, calm.scores, categorical_as_str=True)
    assert texts(out) == texts(tmp_path / "calm")
    assert len(set(texts(out).values())) > 10


def test_a_second_interrupt_ends_a_run_in_the_middle_of_its_answers(tmp_path: Path) -> None:
    folder = save_endless_model("llama", tmp_path / "model")
    out = tmp_path / "run"
    arguments = command(folder, write_questions(tmp_path, 300), out)
    endless = [one.replace("context=120", "context=100000") for one in arguments]
    with subprocess.Popen(endless, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        try:
            while not n_kept(out):
                assert process.poll() is None
                time.sleep(0.01)
            process.send_signal(signal.SIGINT)
            time.sleep(0.2)
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=120)
        finally:
            process.kill()
    assert process.returncode == 3, errors.decode()
    assert b"Traceback" not in errors
    assert 0 < n_kept(out) < 300


def texts(out: Path) -> dict[str, str]:
    with closing(sqlite3.connect(out / "answers.sqlite")) as connection:
        return dict(connection.execute("SELECT hex(request), text FROM answers").fetchall())
