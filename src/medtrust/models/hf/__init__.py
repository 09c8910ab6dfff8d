"""Models in this process, through transformers 5: shared prefill, signals on the device.

``adapter``    what the engine talks to          ``runtime``    calls in, answers out
``counters``   what was done                     ``folder``     which files, and their digest
``options``    the ``-M`` pairs                  ``loading``    weights and processor, checked
``rendering``  messages to token ids             ``jobs``       one request at work
``sampling``   the next token and its signals    ``stepping``   one forward call over many rows
``kept``       KV segments by prefix             ``branching``  which segments, in which order
``growing``    KV of the rows under way          ``memory``     running out of it
``shared``     the path with shared prefill      ``plain``      the path without
``trial``      which path this model can take    ``images_seen``  each image through the tower once
"""
