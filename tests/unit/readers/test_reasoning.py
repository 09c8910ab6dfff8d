"""Only what follows the thinking is the answer."""

from __future__ import annotations

import pytest

from medtrust.readers import final_part


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("B", "B"),
        ("", ""),
        ("<think>A</think>B", "B"),
        ("<THINK>A</THINK>B", "B"),
        ("<think>A</think>\n\nB", "\n\nB"),
        ("A</think>B", "B"),
        ("<think>A", ""),
        ("B<think>A", ""),
        ("<think>A</think>B<think>C", ""),
        ("<think>A</think>B<think>C</think>D", "D"),
        ("B<think>A</think>", "B"),
        ("B<think>A</think>  ", "B"),
        ("</think>", ""),
        ("<think>A<think>C</think>B", "B"),
        ("<thinking>A</thinking>B", "B"),
        ("<reasoning>A</reasoning>B", "B"),
        ("<|begin_of_thought|>A<|end_of_thought|>B", "B"),
        ("<|begin_of_thought|>A", ""),
        ("[THINK]A[/THINK]B", "B"),
        ("\u25c1think\u25b7A\u25c1/think\u25b7B", "B"),
        ("<unused94>thought A<unused95>B", "B"),
        ("<answer>B</answer>", "B"),
        ("Well <answer>A</answer> or <answer>B</answer>.", "B"),
        ("<answer>B", "B"),
        ("<think>A</think><answer>B</answer> bye", "B"),
        ("a < b and [c]", "a < b and [c]"),
    ],
)
def test_final_part_is_what_follows_the_thinking(text: str, answer: str) -> None:
    assert final_part(text) == answer
