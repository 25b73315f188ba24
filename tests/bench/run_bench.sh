#!/usr/bin/env bash
# Every benchmark, ours and the peers in one run: run_bench.sh BUILD
set -euo pipefail
cd "$(dirname "$0")/../.."
build=$(realpath "${1:-build}")
cmake -S . -B "$build" -DBUILD_TESTING=ON > /dev/null
cmake --build "$build" \
  --target carrel carrel-worker read_bench render_bench report_bench start_bench sandbox_bench \
  throughput_bench > /dev/null
/usr/bin/python3 tests/bench/start.py --build "$build"
echo
/usr/bin/python3 tests/bench/sandbox.py --build "$build"
echo
/usr/bin/python3 tests/bench/render.py --build "$build"
echo
/usr/bin/python3 tests/bench/read.py --build "$build"
echo
/usr/bin/python3 tests/bench/usage_store.py "$build"
