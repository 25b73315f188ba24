#!/usr/bin/env bash
# The whole test suite over a finished build: run_tests.sh BUILD
set -uo pipefail
cd "$(dirname "$0")/.."
build=$(realpath "${1:-build}")
failed=0
ctest --test-dir "$build" --output-on-failure -j "$(nproc)" || failed=1
CARREL_BUILD="$build" /usr/bin/python3 -m pytest -q -p no:cacheprovider tests || failed=1
exit $failed
