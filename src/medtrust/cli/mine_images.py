"""``medtrust mine --images``: from a folder of images to confusable pairs in one command.

Annotations are objects here, not text: the options are read from them.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from medtrust.cli import options
from medtrust.core.errors import UserError

if TYPE_CHECKING:
    from medtrust.data.phantom.mined import Truth
    from medtrust.embedding import MinedImages

Images = Annotated[
    str | None,
    typer.Option("--images", help="Instead of A and B: a folder, a list, or NAME=PATH."),
]
EncoderA = Annotated[
    str, typer.Option("--encoder-a", help="Encoder that confuses: hf/PATH-OR-ID, phantom, pixels.")
]
EncoderB = Annotated[str, typer.Option("--encoder-b", help="Encoder that tells them apart.")]
OptionA = Annotated[
    list[str] | None,
    typer.Option("--option-a", metavar="KEY=VALUE", help="A setting of A: pooling, device, batch."),
]
OptionB = Annotated[
    list[str] | None, typer.Option("--option-b", metavar="KEY=VALUE", help="A setting of B.")
]
SameArticle = Annotated[
    bool, typer.Option("--same-article", help="With --images: keep pairs of one known article.")
]


def mine_images(
    images: str,
    first: tuple[str, list[str] | None],
    second: tuple[str, list[str] | None],
    *,
    source: dict[str, Any],
    store: Path | None,
    joining: dict[str, Any],
    json: bool,
) -> "MinedImages":
    """Encode with both, join, and say what became of the images.

    Args:
        images: As typed.
        first: Encoder that confuses, and its ``KEY=VALUE`` pairs.
        second: Encoder that does not, empty for none, and its pairs.
        source: Further arguments of `embedding.images_of`.
        store: File of vectors; one beside the pairs unless said otherwise.
        joining: Further arguments of `embedding.mine_images`.
        json: Print nothing.

    Raises:
        UserError: If no encoder is named.
    """
    from medtrust import embedding
    from medtrust.cli.embed import Watch, about
    from medtrust.mining.pictures import Pictures

    if not first[0]:
        raise UserError("Say which encoders: --encoder-a hf/PATH-OR-ID --encoder-b pixels.")
    pictures = embedding.images_of(images, **source)
    with Watch(quiet=json) as watch:
        found = embedding.mine_images(
            pictures, first[0], second[0] or None,
            store=store or joining["out"].parent / embedding.STORE,
            first_parameters=_pairs(first[1]), second_parameters=_pairs(second[1]),
            encoding=watch, **joining,
        )  # fmt: skip
    if not json:
        said = about(pictures, found.first)
        said += about(Pictures(()), found.second) if found.second else []
        for sentence in said:
            typer.echo(sentence)
    return found


def as_json(found: "MinedImages") -> str:
    """Everything for machines: the pairs, both encoders with their problems, the truth if known."""
    import orjson

    from medtrust.mining.embedding_file import header_of

    said = {
        "mined": found.mined,
        "first": header_of(found.first),
        "second": header_of(found.second) if found.second else None,
        "truth": _truth(found),
    }
    return orjson.dumps(said, default=str).decode()


def truth_sentence(found: "MinedImages") -> str | None:
    """How many pairs truly differ, where the images are phantoms; else None."""
    truth = _truth(found)
    return None if truth is None else describe(truth)


def _truth(found: "MinedImages") -> "Truth | None":
    from medtrust.data.phantom.mined import read_pairs, truth_of
    from medtrust.imaging.phantom.key import phantom_from_key

    if not found.ids or any(phantom_from_key(one) is None for one in found.ids):
        return None
    return truth_of(read_pairs(found.mined.out), found.ids)


def describe(truth: "Truth") -> str:
    """One line about what sets mined pairs of phantoms apart, beside pairs by chance."""
    if not truth.pairs or not truth.one_modality:
        return "No pair to compare with the labels."
    labels = ", ".join(f"{label} {count}" for label, count in truth.by_label.most_common())
    return (
        f"By their labels {truth.differ} of {truth.pairs} pairs ({truth.differ / truth.pairs:.1%}) "
        f"differ in what can be asked{f' ({labels})' if labels else ''}; of all pairs of these "
        f"images {truth.all_differ / truth.all_pairs:.1%} do, of those of one modality "
        f"{truth.all_differ / truth.one_modality:.1%}."
    )


def _pairs(texts: list[str] | None) -> dict[str, str]:
    return dict(options.typed({"model_options": texts})["model_options"] or {})
