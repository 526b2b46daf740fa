"""The Python worker: `python3 worker.py`. Speaks runtimes/PROTOCOL.md; see _faas/ for the parts."""
import sys

# What the interpreter itself had loaded: a function's file may shadow any other module (see _faas/loading.py).
STARTUP_MODULES = frozenset(sys.modules)

# The code directory is read-only in a sandbox, and nothing of ours may appear in it elsewhere.
sys.dont_write_bytecode = True

from _faas import stem  # noqa: E402

if __name__ == "__main__":
    stem.run(STARTUP_MODULES)
