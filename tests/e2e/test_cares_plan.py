"""What the CARES tasks would ask, beside what they would if each asked for itself.

Source of the numbers: the specification, section 1: factuality and the thirteen released task keys
on the four files at hand are 117,754 requests, 40,888 of which fall away, since eight of the keys
put their prompt in place of the question: one request an image, not one a question.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from medtrust.assembly import assemble
from medtrust.cli.main import exit_code
from medtrust.engine.plan import walk
from medtrust.settings import read_settings
from medtrust.suites.cares import jailbreak, overcaution, privacy
from medtrust.suites.cares.out_of_distribution import RELEASED
from medtrust.suites.cares.toxicity import ARM as TOXIC
from medtrust.suites.cares.uncertainty import ONE

N_QUESTIONS, N_IMAGES = 8_411, 3_300
RELEASED_ARMS = {
    "cares/factuality": ("",),
    "cares/uncertainty": (ONE,),
    "cares/jailbreak": jailbreak.ARMS,
    "cares/overcaution": overcaution.ARMS,
    "cares/toxicity": (TOXIC,),
    "cares/privacy": privacy.ARMS,
    "cares/out_of_distribution": (RELEASED,),
}


def test_the_released_keys_share_what_the_specification_says(shared: Path) -> None:
    settings = read_settings(
        {
            "tasks": tuple(RELEASED_ARMS),
            "model": "simulated/cares",
            "judge": "simulated/judge",
            "data": {"cares": shared / "data" / "cares"},
        }
    )
    assembly = assemble(settings)
    assert len(assembly.samples) == N_QUESTIONS
    wanted = (
        (
            dialogue
            for dialogue in group
            if dialogue.setting.condition in RELEASED_ARMS[dialogue.task.name]
        )
        for group in assembly.groups()
    )
    plan = walk(wanted, lambda _respondent, _call: None)
    assert sum(len(arms) for arms in RELEASED_ARMS.values()) == 14
    assert plan.naive == 14 * N_QUESTIONS == 117_754
    assert plan.shared == 8 * (N_QUESTIONS - N_IMAGES) == 40_888
    assert plan.unique == 76_866


def test_the_plan_prints_unique_requests_beside_the_naive_number(
    shared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = f"cares={shared / 'data' / 'cares'}"
    assert exit_code(["plan", "cares/overcaution", "--data", data]) == 0
    told = f"{3 * N_IMAGES} unique of {3 * N_QUESTIONS} requests (15333 fall away)"
    assert told in capsys.readouterr().out
