"""How the phantom model is made: ``python -m medtrust.training.phantom --out DIR``.

A small vision-language model (SigLIP tower, Llama decoder) learns to answer questions about made
images, on one CPU core, from fixed seeds and for a fixed number of steps. First the tower learns
what is in an image (`perception`), then tower and decoder learn to answer (`language`), and what
came out is measured on held-out seeds through plain transformers (`evaluation`) and written into a
model card (`card`).
"""
