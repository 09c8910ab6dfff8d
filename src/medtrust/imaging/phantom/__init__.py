"""Made images that look medical, drawn from a seed, with exact labels and boxes.

`labels` says what is in a phantom, `key` names it, `draw` makes its pixels, `region` boxes its
finding. One file a generator: `chest`, `brain`, `fundus`, `skin`, `breast`, `tissue`; they paint
with `shapes` and take their numbers from `streams`.
"""
