"""`python -m saguarota`: the command line, for CPython."""

import sys

from .py3utils.cli import main

if __name__ == "__main__":
    sys.exit(main())
