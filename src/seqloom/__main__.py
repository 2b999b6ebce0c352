"""``python -m seqloom``: the command line, where no script ``seqloom`` is on the path."""

from seqloom.apps.cli.main import main

if __name__ == "__main__":
    main()
