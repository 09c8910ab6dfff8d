"""Any server with the moderation endpoint of the OpenAI protocol: text in, category scores out."""
