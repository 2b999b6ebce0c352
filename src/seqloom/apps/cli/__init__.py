"""The command ``seqloom``: one file a command, Typer for the words, Rich for what people see."""
