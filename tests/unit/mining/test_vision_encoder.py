from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("torch")
pytest.importorskip("transformers")

import torch
import transformers as hf
from PIL import Image
from safetensors.torch import load_file, save_file

from medtrust.core.errors import ModelError, UnknownNameError, UserError
from medtrust.mining.encoder import Encoder, EncoderOptions, open_encoder

Folder = Callable[[str], Path]


def opened(folder: Path, **parameters: str) -> Encoder:
    return open_encoder(f"hf/{folder}", {"threads": "1", **parameters})


def pictures(count: int = 5) -> list[NDArray[np.uint8]]:
    generator = np.random.default_rng(1)
    shapes = generator.integers(30, 90, (count, 2))
    return [generator.integers(0, 256, (*shape, 3), dtype=np.uint8) for shape in shapes]


def vectors(encoder: Encoder, images: list[NDArray[np.uint8]]) -> NDArray[np.float32]:
    return encoder.encode([encoder.prepare(image) for image in images])


@pytest.mark.parametrize(
    ("name", "pooling", "width"),
    [
        ("clip", "projection", 24),
        ("clip_vision", "projection", 24),
        ("vit_and_bert", "projection", 24),
        ("siglip", "projection", 32),
        ("dinov2", "pooler", 32),
        ("vit", "pooler", 32),
        ("vit_headless", "class", 32),
        ("vit_classifier", "class", 32),
        ("resnet", "pooler", 32),
    ],
)
def test_the_first_kind_of_pooling_that_an_encoder_has_is_taken_and_declared(
    encoder_folder: Folder, name: str, pooling: str, width: int
) -> None:
    encoder = opened(encoder_folder(name))
    found = vectors(encoder, pictures())
    assert encoder.identity.pooling == pooling
    assert f"pooling={pooling}" in encoder.identity.encoder_id
    assert found.shape == (5, width)
    assert found.dtype == np.float32
    assert np.ptp(found, axis=0).max() > 0.01


def test_a_projection_is_what_the_model_itself_compares(encoder_folder: Folder) -> None:
    folder = encoder_folder("clip")
    model = hf.CLIPModel.from_pretrained(folder).eval()
    processor = hf.CLIPImageProcessor.from_pretrained(folder)
    images = pictures()
    with torch.inference_mode():
        given = [
            model.get_image_features(**processor(images=Image.fromarray(one), return_tensors="pt"))
            for one in images
        ]
    expected = np.concatenate([one.pooler_output.numpy() for one in given])
    np.testing.assert_allclose(vectors(opened(folder), images), expected, atol=1e-5)


def test_the_mean_leaves_class_and_register_tokens_out(encoder_folder: Folder) -> None:
    folder = encoder_folder("dinov2")
    model = hf.Dinov2WithRegistersModel.from_pretrained(folder).eval()
    processor = hf.AutoImageProcessor.from_pretrained(folder, backend="pil")
    (image,) = pictures(1)
    with torch.inference_mode():
        hidden = model(
            **processor(images=Image.fromarray(image), return_tensors="pt")
        ).last_hidden_state
    assert hidden.shape[1] == 1 + 4 + 16
    expected = hidden[:, 5:].mean(dim=1).numpy()
    found = vectors(opened(folder, pooling="mean"), [image])
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_the_tower_of_an_image_text_model_gives_the_mean_of_what_its_language_part_reads(
    random_folder: Folder,
) -> None:
    encoder = opened(random_folder("llava"))
    assert encoder.identity.pooling == "mean"
    assert vectors(encoder, pictures()).shape == (5, 32)


@pytest.mark.parametrize("name", ["clip", "dinov2"])
def test_vectors_depend_on_no_batch_and_no_order(encoder_folder: Folder, name: str) -> None:
    encoder = opened(encoder_folder(name))
    images = pictures(7)
    together = vectors(encoder, images)
    alone = np.concatenate([vectors(encoder, [image]) for image in images])
    backwards = vectors(encoder, images[::-1])[::-1]
    lengths = np.linalg.norm(together, axis=1, keepdims=True)
    assert np.abs(together - alone).max() < 1e-5 * lengths.min()
    assert np.abs(together - backwards).max() < 1e-5 * lengths.min()


def test_images_of_other_shape_than_their_neighbours_keep_their_place(
    encoder_folder: Folder, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(encoder_folder("resnet"), tmp_path / "uncropped"))
    settings = json.loads((folder / "preprocessor_config.json").read_text())
    settings |= {"do_resize": False}
    (folder / "preprocessor_config.json").write_text(json.dumps(settings))
    encoder = opened(folder)
    images = pictures(4)
    assert len({encoder.prepare(image)["pixel_values"].shape for image in images}) > 1
    alone = np.concatenate([vectors(encoder, [image]) for image in images])
    np.testing.assert_allclose(vectors(encoder, images), alone, atol=1e-5)


def test_the_identity_follows_weights_and_processor_but_not_the_place(
    encoder_folder: Folder, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(encoder_folder("vit"), tmp_path / "moved"))
    first = opened(encoder_folder("vit")).identity
    assert opened(folder).identity.key == first.key
    settings = json.loads((folder / "preprocessor_config.json").read_text())
    settings["image_mean"] = [0.4, 0.4, 0.4]
    (folder / "preprocessor_config.json").write_text(json.dumps(settings))
    assert opened(folder).identity.key != first.key
    assert opened(encoder_folder("vit"), pooling="mean").identity.key != first.key
    assert opened(encoder_folder("vit"), dtype="bfloat16").identity.key != first.key


def altered(folder: Path, where: Path, **changes: torch.Tensor | None) -> Path:
    copied = Path(shutil.copytree(folder, where))
    weights = load_file(copied / "model.safetensors")
    for name, tensor in changes.items():
        if tensor is None:
            weights.pop(name)
        else:
            weights[name] = tensor
    save_file(weights, copied / "model.safetensors", metadata={"format": "pt"})
    return copied


def test_missing_weights_are_refused(encoder_folder: Folder, tmp_path: Path) -> None:
    some = next(iter(load_file(encoder_folder("dinov2") / "model.safetensors")))
    broken = altered(encoder_folder("dinov2"), tmp_path / "broken", **{some: None})
    with pytest.raises(ModelError, match=r"do not fit the encoder: 1 missing"):
        opened(broken)


def test_weights_of_another_shape_are_refused(encoder_folder: Folder, tmp_path: Path) -> None:
    changed = {"layernorm.weight": torch.ones(7)}
    broken = altered(encoder_folder("dinov2"), tmp_path / "broken", **changed)
    with pytest.raises(ModelError, match=r"weights in .* (do not fit|cannot be loaded)"):
        opened(broken)


def test_a_layer_too_many_is_refused_but_a_classifier_is_not(
    encoder_folder: Folder, tmp_path: Path
) -> None:
    extra = {"encoder.layer.2.norm1.weight": torch.ones(32)}
    broken = altered(encoder_folder("dinov2"), tmp_path / "broken", **extra)
    with pytest.raises(ModelError, match="1 unexpected"):
        opened(broken)
    assert any("classifier" in note for note in opened(encoder_folder("vit_classifier")).notes)


def test_an_encoder_that_draws_at_random_is_refused(encoder_folder: Folder) -> None:
    with pytest.raises(ModelError, match="another vector each time"):
        opened(encoder_folder("vit_masking"))


def test_pickled_weights_are_never_opened(encoder_folder: Folder, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(encoder_folder("vit"), tmp_path / "pickled"))
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(ModelError, match="never opened"):
        opened(folder)


def test_code_that_comes_with_a_model_is_never_run(encoder_folder: Folder, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(encoder_folder("vit"), tmp_path / "coded"))
    (folder / "own.py").write_text("raise SystemExit('run')\n")
    settings = json.loads((folder / "config.json").read_text())
    settings |= {"model_type": "own", "auto_map": {"AutoConfig": "own.Own", "AutoModel": "own.Own"}}
    (folder / "config.json").write_text(json.dumps(settings))
    with pytest.raises(ModelError, match="does not know the architecture"):
        opened(folder)


def test_a_folder_without_image_processor_is_refused(
    encoder_folder: Folder, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(encoder_folder("vit"), tmp_path / "blind"))
    (folder / "preprocessor_config.json").unlink()
    with pytest.raises(ModelError, match="image processor"):
        opened(folder)


def test_a_kind_of_pooling_that_is_not_there_is_refused_with_the_reason(
    encoder_folder: Folder,
) -> None:
    with pytest.raises(ModelError, match=r"no trained pooled output.*-M pooling="):
        opened(encoder_folder("vit_headless"), pooling="pooler")
    with pytest.raises(ModelError, match="no class token"):
        opened(encoder_folder("siglip"), pooling="class")


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"batch": "0"}, "whole number from 1"),
        ({"device": "moon"}, "none of auto"),
        ({"threads": "many"}, "whole number"),
    ],
)
def test_wrong_options_are_one_sentence(
    encoder_folder: Folder, parameters: dict[str, str], said: str
) -> None:
    with pytest.raises(UserError, match=said):
        open_encoder(f"hf/{encoder_folder('vit')}", parameters)


def test_unknown_names_suggest_near_ones(encoder_folder: Folder) -> None:
    with pytest.raises(UnknownNameError, match="pooling"):
        open_encoder(f"hf/{encoder_folder('vit')}", {"poling": "mean"})
    with pytest.raises(UnknownNameError, match="pooler"):
        open_encoder(f"hf/{encoder_folder('vit')}", {"pooling": "pool"})
    with pytest.raises(UnknownNameError, match="pixels"):
        open_encoder("pixel")
    with pytest.raises(ModelError, match="Say which encoder"):
        open_encoder("hf")


def test_the_embedded_tower_opens_without_any_download() -> None:
    from medtrust.embedding import open_phantom

    encoder = open_phantom(EncoderOptions())
    assert encoder.identity.encoder_id.startswith("phantom@")
    assert vectors(encoder, pictures()).shape == (5, 128)
    with pytest.raises(UserError, match="one phantom tower"):
        open_encoder("phantom/other")


def test_threads_of_one_encoder_are_not_those_of_the_next(encoder_folder: Folder) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        vectors(opened(encoder_folder("vit"), threads="1"), pictures(1))
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_memory_that_runs_out_in_the_model_is_said_as_such(encoder_folder: Folder) -> None:
    from medtrust.mining.vision import VisionEncoder

    encoder = opened(encoder_folder("vit"))
    assert isinstance(encoder, VisionEncoder)

    def full(_model: torch.nn.Module, _given: tuple[Any, ...], named: dict[str, Any]) -> None:
        if len(named["pixel_values"]) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory")

    encoder._loaded.vision.tower.register_forward_pre_hook(full, with_kwargs=True)
    with pytest.raises(MemoryError, match="out of memory"):
        vectors(encoder, pictures(3))
    assert vectors(encoder, pictures(2)).shape == (2, 32)
