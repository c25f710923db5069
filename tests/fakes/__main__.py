"""Serve every fake source on one port and print the settings that point costwatt at them.

python -m tests.fakes --port 8123 > fakes.env &
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys

import tests.fakes
from tests.fakes.server import Fake, Server


def all_fakes() -> list[Fake]:
    """The fake of each module of this package that has one."""
    names = sorted(m.name for m in pkgutil.iter_modules(tests.fakes.__path__) if m.name != "__main__")
    modules = [importlib.import_module(f"tests.fakes.{name}") for name in names]
    return [m.fake() for m in modules if hasattr(m, "fake")]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fakes", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    server = Server(all_fakes(), parser.parse_args().port)
    for key, value in server.settings().items():
        sys.stdout.write(f"export {key}={value}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()
