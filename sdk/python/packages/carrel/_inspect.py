"""Describes a function of a module by parsing it: nothing of the module is run."""

import ast
import json
import os
import stat
from typing import Any

MAX_SOURCE = 4 * 1024 * 1024

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)


def describe(root: str, file: str, function: str) -> str:
    """JSON of the facts; see `LanguageHost::InspectEntrypoint` for what they are."""
    facts: dict[str, Any] = {
        "parsed": False,
        "error": "",
        "line": 0,
        "column": 0,
        "found": False,
        "kind": "bound",
        "min_positional": 0,
        "max_positional": -1,
        "functions": [],
    }
    try:
        tree = ast.parse(_read(os.path.join(root, file)))
    except SyntaxError as error:
        facts |= {"error": error.msg, "line": error.lineno or 0, "column": error.offset or 0}
    except (OSError, ValueError) as error:
        facts |= {"error": getattr(error, "strerror", None) or str(error)}
    except (RecursionError, MemoryError):
        facts |= {"error": "too deeply nested"}
    else:
        facts |= {"parsed": True, **_describe(tree, function)}
    return json.dumps(facts)


def _read(path: str) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ValueError("not a regular file")
        source = file.read(MAX_SOURCE + 1)
    if len(source) > MAX_SOURCE:
        raise ValueError("larger than 4 MiB")
    return source


def _describe(tree: ast.Module, function: str) -> dict[str, Any]:
    statements = _top_level(tree.body)
    definitions = [s for s in statements if isinstance(s, (ast.FunctionDef, ast.AsyncFunctionDef))]
    facts: dict[str, Any] = {"functions": list(dict.fromkeys(d.name for d in definitions))}
    for statement in reversed(statements):  # the last binding is the one that counts
        if function not in _bound_names(statement):
            continue
        facts |= {"found": True, "line": statement.lineno, "column": statement.col_offset + 1}
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
            facts |= _signature(statement)
        return facts
    return facts


def _top_level(body: list[ast.stmt]) -> list[ast.stmt]:
    """The statements that bind names of the module, those in `if`, `try` and the like too."""
    found: list[ast.stmt] = []
    for statement in body:
        found.append(statement)
        for name in ("body", "orelse", "finalbody"):
            if not isinstance(statement, _SCOPES):
                found += _top_level(getattr(statement, name, []))
        for handler in getattr(statement, "handlers", []) + getattr(statement, "cases", []):
            found += _top_level(handler.body)
    return found


def _bound_names(statement: ast.stmt) -> set[str]:
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {statement.name}
    if isinstance(statement, (ast.Import, ast.ImportFrom)):
        return {(alias.asname or alias.name).partition(".")[0] for alias in statement.names}
    if isinstance(statement, ast.Assign):
        targets: list[ast.expr] = statement.targets
    elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
        targets = [statement.target]
    else:
        return set()
    return {n.id for target in targets for n in ast.walk(target) if isinstance(n, ast.Name)}


def _signature(function: ast.FunctionDef | ast.AsyncFunctionDef) -> dict[str, Any]:
    if function.decorator_list:
        return {"kind": "bound"}
    arguments = function.args
    positional = len(arguments.posonlyargs) + len(arguments.args)
    return {
        "kind": _kind(function),
        "min_positional": positional - len(arguments.defaults),
        "max_positional": -1 if arguments.vararg else positional,
    }


def _kind(function: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    yields = _yields(function.body)
    if isinstance(function, ast.AsyncFunctionDef):
        return "async_generator" if yields else "coroutine"
    return "generator" if yields else "function"


def _yields(body: list[ast.stmt]) -> bool:
    waiting: list[ast.AST] = list(body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, (ast.Yield, ast.YieldFrom)):
            return True
        if not isinstance(node, _SCOPES):
            waiting += ast.iter_child_nodes(node)
    return False
