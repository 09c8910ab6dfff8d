"""No text keeps a reader busy: repeated pieces that patterns could backtrack over."""

from __future__ import annotations

import subprocess
import sys

import pytest

from medtrust.readers import is_refusal, read_choice, read_term, read_yes_no

LENGTH = 20_000
ENGLISH = [
    "i cannot ", "i'm not a ", "as an ai ", "sorry ", "sorry, i ", "this image ", "the image ",
    "the medical image ", "there is no way ", "i really don't ", "not enough ", "more information ",
    "beyond my ", "answer is ", "answer: ", "answer: a ", "but ", "it would not be ",
    "i am not a medical ", "does not ", "no image ", "please provide the ", "unable to ",
    "cannot, ", "cannot really simply ", "neither ", "i lack the ", "n't see the ",
]  # fmt: skip
CHINESE = [
    "我", "我无法", "无法", "不能", "不", "是", "是否", "不是", "有", "没有", "无", "未", "未见",
    "抱歉", "抱歉,", "作为", "作为一个", "作为ai", "我是一个", "答案", "答案是", "答案是A",
    "答案:", "选", "选择", "我选择", "选项", "选项A", "A和", "A或", "A、", "A正确", "A不",
    "不是A", "因此", "所以", "以上", "以上都", "都不是", "肺炎", "不是肺炎", "没有明显的", "可能",
    "显示", "信息", "足够的", "没有提供", "图像", "医学图像", "请上传", "违反", "诊断", "应该",
    "應該", "\uff08", "\uff08A", "「", "是/", "是的,", "\uff0c", "。", " 是", "是 ", "A 是",
    "是A", "肺 炎", "\uff1f", "吗\uff1f",
]  # fmt: skip
WHOLE = ["x" * 50 + "无", "我" * 9 + " ", "有无", "无有", "既是", "不不", "是的的"]


def read_all(piece: str) -> None:
    for text in (
        (piece * (LENGTH // len(piece) + 1))[:LENGTH],
        " " * (LENGTH // 2) + piece + " " * (LENGTH // 2) + "x",
    ):
        for options in (("肺炎", "pneumonia", "气胸"), ("是", "否")):
            assert read_choice(text, options).rule
        assert read_term(text, ["肺炎", "pneumonia"]).rule
        assert read_yes_no(text).rule
        assert is_refusal(text) in (True, False)


@pytest.mark.parametrize("name", ["ENGLISH", "CHINESE", "WHOLE"])
def test_repeated_pieces_are_read_to_the_end(name: str) -> None:
    # in a child, since nothing can interrupt a search that backtracks; the limit is far from what
    # linear reading takes, and far from what a quadratic one would
    code = f"import test_hostile_texts as t\nfor piece in t.{name}: t.read_all(piece)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=__file__.rpartition("/")[0],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
