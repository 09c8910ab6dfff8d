"""Chat templates of the two families in use: turns between markers, and turns as plain lines.

Both take string or list content, the roles system, user and assistant, and any number of turns.
"""

from __future__ import annotations

_CONTENT = (
    "{% if message['content'] is string %}{{ message['content'] }}{% else %}"
    "{% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}IMAGE{% elif part['type'] == 'text' %}{{ part['text'] }}"
    "{% endif %}{% endfor %}{% endif %}"
)


def marked_turns(
    image: str = "",
    *,
    opening: str = "<|im_start|>",
    closing: str = "<|im_end|>",
    assistant: str = "assistant",
    begin: str = "",
) -> str:
    """Every turn between two special tokens, as Qwen, InternVL and Gemma write them."""
    role = f"{{{{ '{assistant}' if message['role'] == 'assistant' else message['role'] }}}}"
    return (
        f"{begin}{{% for message in messages %}}{opening}{role}\n"
        f"{_CONTENT.replace('IMAGE', image)}{closing}\n{{% endfor %}}"
        f"{{% if add_generation_prompt %}}{opening}{assistant}\n{{% endif %}}"
    )


def plain_turns(image: str = "", *, begin: str = "", end: str = "</s>") -> str:
    """A line for every turn, as LLaVA writes them; the assistant's end with the end token."""
    return (
        f"{begin}{{% for message in messages %}}{{{{ message['role'] | upper }}}}: "
        f"{_CONTENT.replace('IMAGE', image)}"
        f"{{% if message['role'] == 'assistant' %}}{end}{{% endif %}}\n{{% endfor %}}"
        "{% if add_generation_prompt %}ASSISTANT:{% endif %}"
    )
