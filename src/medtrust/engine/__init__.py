"""Plan, ask and keep: conversations are driven, answers are stored before they are counted."""
