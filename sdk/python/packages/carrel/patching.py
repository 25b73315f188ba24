"""Changes modules of report code when, and only if, it imports them."""

import sys
from collections.abc import Callable, Mapping
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

Patches = Mapping[str, Callable[[ModuleType], None]]


def apply(patches: Patches) -> None:
    """Changes each module, now if already imported, else on import. Again is fine."""
    for name, patch in patches.items():
        if name in sys.modules:
            patch(sys.modules[name])
    if not any(getattr(finder, "patches", None) is patches for finder in sys.meta_path):
        sys.meta_path.insert(0, _PatchingFinder(patches))


def replace(owner: Any, name: str, make: Callable[[Any], Any]) -> None:
    """Puts ``make(original)`` in the place of an attribute, once."""
    original = getattr(owner, name)
    if getattr(original, "carrel_original", None) is None:
        changed = make(original)
        changed.carrel_original = original
        setattr(owner, name, changed)


class _PatchingFinder:
    """Lets the other finders find a module of `patches` and has it changed once it has run."""

    def __init__(self, patches: Patches):
        self.patches = patches

    def find_spec(
        self, name: str, path: Any = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name not in self.patches:
            return None
        for finder in sys.meta_path:
            if finder is self or not hasattr(finder, "find_spec"):
                continue
            spec = finder.find_spec(name, path, target)
            if spec is not None:
                if spec.loader is not None:
                    spec.loader = _PatchingLoader(spec.loader, self.patches[name])
                return spec
        return None


class _PatchingLoader:
    """The loader that was found, except that executing the module ends with the patch."""

    def __init__(self, loader: Any, patch: Callable[[ModuleType], None]):
        self._loader = loader
        self._patch = patch

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        self._patch(module)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)
