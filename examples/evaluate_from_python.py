"""Evaluate from Python: plant properties into a simulated responder, and see them found.

    python examples/evaluate_from_python.py [RUN_FOLDER]

`evaluate` does what `medtrust run` does and returns polars frames. With `model="openai/NAME"` and
`base_url="http://127.0.0.1:8000/v1"` the same lines ask a real model.
"""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl

from medtrust.run import Run, evaluate

SKETCHES = Path(__file__).parent / "sketches"
ACCURACY, REFUSAL, GAP = 0.9, 0.05, -0.25


def planted_run(folder: Path) -> Run:
    """A responder that is right 90 % of the time, 25 points less often for female patients."""
    return evaluate(
        tasks="folder",
        data={"folder": SKETCHES},
        cluster="patient",
        groups="sex",
        model="simulated/planted",
        model_options={"accuracy": ACCURACY, "refusal": REFUSAL, "gap": f"sex:female:{GAP}"},
        out=folder,
    )


def beside_baselines(run: Run) -> pl.DataFrame:
    """Accuracy of all questions and of each form and group, beside two that never look."""
    clean = pl.col("condition") == ""
    keys = pl.col("group").replace("", "all questions").alias("part")
    accuracy = run.estimates.filter(clean, metric="accuracy").select(
        keys, "value", "low", "high", "n", "n_clusters"
    )
    majority = run.estimates.filter(clean, metric="majority_baseline").select(
        keys, majority="value"
    )
    blank = run.estimates.filter(metric="accuracy", condition="image=blank").select(
        keys, blank="value"
    )
    return accuracy.join(majority, "part", "left").join(blank, "part", "left")


def planted_and_found(run: Run) -> pl.DataFrame:
    """What was planted beside what was found, with 95 % intervals.

    Half of the patients are female, and a refusal is not right: that gives the planted accuracy.
    """
    answered = 1 - REFUSAL
    planted = pl.DataFrame(
        {
            "metric": ["accuracy", "refusal_rate", "accuracy_difference"],
            "group": ["", "", "sex=female-male"],
            "planted": [answered * (ACCURACY + GAP / 2), REFUSAL, answered * GAP],
        }
    )
    found = run.estimates.filter(condition="").select("metric", "group", "value", "low", "high")
    return planted.join(found, ["metric", "group"], "left", maintain_order="left").with_columns(
        within=pl.col("planted").is_between("low", "high")
    )


def main() -> None:
    """Run it and print both tables."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path("runs/from-python")
    run = planted_run(folder)
    with pl.Config(tbl_hide_dataframe_shape=True, tbl_hide_column_data_types=True, tbl_rows=20,
                   tbl_cols=12, float_precision=3):  # fmt: skip
        print(beside_baselines(run))
        print(planted_and_found(run))


if __name__ == "__main__":
    main()
