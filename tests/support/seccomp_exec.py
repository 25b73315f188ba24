#!/usr/bin/env python3
"""Runs a program under a container runtime's seccomp profile, without a container runtime.

    seccomp_exec.py PROFILE.json [--uid N] -- PROGRAM ARGUMENTS...

Understands what our own profiles use: a default action, rules that allow or give an errno, and
conditions on arguments. As runtimes do, it sets no_new_privs and passes over names that the machine
does not know."""

from __future__ import annotations

import ctypes
import json
import os
import sys
from pathlib import Path
from typing import Any

_ACTIONS = {"SCMP_ACT_ALLOW": 0x7FFF0000, "SCMP_ACT_ERRNO": 0x00050000}
_OPERATORS = {"SCMP_CMP_NE": 1, "SCMP_CMP_EQ": 4}
_PR_SET_NO_NEW_PRIVS = 38


class _Comparison(ctypes.Structure):
    _fields_ = [
        ("arg", ctypes.c_uint),
        ("op", ctypes.c_int),
        ("datum_a", ctypes.c_uint64),
        ("datum_b", ctypes.c_uint64),
    ]


def _action(rule: dict[str, Any], key: str) -> int:
    value = _ACTIONS[rule[key]]
    return value | rule["errnoRet"] if rule[key] == "SCMP_ACT_ERRNO" else value


def load(profile: dict[str, Any]) -> None:
    """Puts `profile` on this process for good."""
    seccomp = ctypes.CDLL("libseccomp.so.2", use_errno=True)
    libc = ctypes.CDLL(None, use_errno=True)
    seccomp.seccomp_init.restype = ctypes.c_void_p
    context = ctypes.c_void_p(seccomp.seccomp_init(_action(profile, "defaultAction")))
    for rule in profile["syscalls"]:
        comparisons = [
            _Comparison(arg["index"], _OPERATORS[arg["op"]], arg["value"], arg.get("valueTwo", 0))
            for arg in rule.get("args", [])
        ]
        array = (_Comparison * len(comparisons))(*comparisons)
        for name in rule["names"]:
            number = seccomp.seccomp_syscall_resolve_name(name.encode())
            if number < 0:
                continue
            error = seccomp.seccomp_rule_add_array(
                context, ctypes.c_uint32(_action(rule, "action")), number, len(array), array
            )
            if error != 0:
                raise OSError(-error, f"rule for {name}")
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "no_new_privs")
    error = seccomp.seccomp_load(context)
    if error != 0:
        raise OSError(-error, "seccomp_load")


def main(words: list[str]) -> None:
    split = words.index("--")
    options, command = words[:split], words[split + 1 :]
    profile = json.loads(Path(options[0]).read_text())
    if "--uid" in options:
        uid = int(options[options.index("--uid") + 1])
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    load(profile)
    os.execv(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1:])
