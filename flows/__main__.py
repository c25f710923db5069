"""``python -m flows`` is ``costwatt``."""

from flows.cli import main

main()
