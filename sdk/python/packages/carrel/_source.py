"""Modules of a checkout come from their source text, never from byte code that lies beside it.

What was validated, and what a reader of the repository sees, is the source; a shipped
``__pycache__`` could hold anything else.
"""

import os
import sys
from importlib.machinery import SOURCE_SUFFIXES, FileFinder, SourceFileLoader
from types import CodeType


class _SourceOnly(SourceFileLoader):
    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path), path)


def use_source_only(root: str) -> None:
    """Makes the import system read only ``.py`` files below `root`. Once a root."""
    if root in _roots:
        return
    _roots.add(root)
    below = root.rstrip(os.sep) + os.sep
    find = FileFinder.path_hook((_SourceOnly, SOURCE_SUFFIXES))

    def hook(path: str) -> FileFinder:
        if path != root and not path.startswith(below):
            raise ImportError(f"not below {root}")
        return find(path)

    sys.path_hooks.insert(0, hook)


_roots: set[str] = set()
