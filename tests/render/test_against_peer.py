"""Random rows of every kind of value come out as connect-reports-core writes them.

What the peer wrote for these seeds is stored as hashes of CHUNK lines each; differential.py runs
the peer itself, over any number of seeds, shows the lines, and stores them anew with --approve.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from carrel_runner import Carrel
from differential import GOLDEN, GOLDEN_ROWS, GOLDEN_SEEDS, KINDS, lines_of
from outcome import CHUNK, digests
from repository import REPORT, make_repository


@pytest.mark.parametrize("kind", KINDS)
def test_the_output_is_that_of_the_peer(carrel: Carrel, tmp_path: Path, kind: str) -> None:
    repository = make_repository(tmp_path / "repository")
    golden = json.loads(GOLDEN.read_text())[kind]
    assert set(golden) == {str(seed) for seed in GOLDEN_SEEDS}
    for seed in GOLDEN_SEEDS:
        output = tmp_path / f"{seed}.{kind}"
        parameters = ["--param", f"seed={json.dumps(str(seed))}"]
        parameters += ["--param", f'rows="{GOLDEN_ROWS}"']
        carrel.ok("run", repository, REPORT, "--renderer", kind, *parameters, "--output", output)
        found = digests(lines_of(kind, output, seed, GOLDEN_ROWS, ours=True)[0])
        expected = golden[str(seed)]
        assert len(found) == len(expected) > 1
        wrong = [i for i, (a, b) in enumerate(zip(found, expected, strict=True)) if a != b]
        assert not wrong, f"{kind} seed {seed} from line {wrong[0] * CHUNK} on: see differential.py"
