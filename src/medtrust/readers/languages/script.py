"""Chinese characters: which they are, one spelling for them, and blanks beside them."""

from __future__ import annotations

import re

IDEOGRAPHS = "\u3007\u3400-\u9fff\U00020000-\U0003fffd"
"""Inside of a character class: Chinese characters in compatibility form."""

_TRADITIONAL = (
    "無沒見對錯確認選項圖斷診為個張醫議應該顯發現檢據資訊數這們請傳從實僅難夠識別讀訪問題復協幫"
    "給論說體陽陰異變穩還與兩種類結於誤準則規違隱倫專業諮詢評質積氣絕願權許關屬適當終擇覺會極"
    "過後觀處總證邊緣麼報聲線圍來樣鑑謝敘開啟獲導習語機構並訓練夾東車長門"
)
_SIMPLIFIED = (
    "无没见对错确认选项图断诊为个张医议应该显发现检据资讯数这们请传从实仅难够识别读访问题复协帮"
    "给论说体阳阴异变稳还与两种类结于误准则规违隐伦专业咨询评质积气绝愿权许关属适当终择觉会极"
    "过后观处总证边缘么报声线围来样鉴谢叙开启获导习语机构并训练夹东车长门"
)
ONE_SPELLING = dict(zip(map(ord, _TRADITIONAL), _SIMPLIFIED, strict=True))
"""Traditional characters -> the simplified ones in which the tables are written."""

_IDEOGRAPH = re.compile(f"[{IDEOGRAPHS}]")
_WIDE_BLANKS = re.compile(rf"(?<=[{IDEOGRAPHS}])[^\S\n]+(?=[{IDEOGRAPHS}])")
_SEAMS = re.compile(rf"(?<=[{IDEOGRAPHS}])(?=[a-zA-Z0-9])|(?<=[a-zA-Z0-9.,;:!?])(?=[{IDEOGRAPHS}])")


def has_ideographs(text: str) -> bool:
    """Whether a text holds at least one Chinese character."""
    return not text.isascii() and _IDEOGRAPH.search(text) is not None


def evenly_spaced(text: str) -> str:
    """No blank between Chinese characters, and one between them and Latin letters or digits.

    Writers differ in both, and "答案是B" has a letter B in it only when it ends at a blank.
    """
    return _SEAMS.sub(" ", _WIDE_BLANKS.sub("", text))
