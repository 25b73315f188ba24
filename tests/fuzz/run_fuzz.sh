#!/usr/bin/env bash
# Every fuzz target over its corpus for a while: run_fuzz.sh BUILD [SECONDS]
set -euo pipefail
cd "$(dirname "$0")/../.."
build=$1
seconds=${2:-60}
cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCARREL_FUZZ=ON \
  -DCMAKE_C_COMPILER=clang-19 -DCMAKE_CXX_COMPILER=clang++-19 \
  -DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache > /dev/null
for target in tests/fuzz/*_fuzz.cc; do
  name=$(basename "$target" .cc)
  cmake --build "$build" --target "$name" > /dev/null
  found=$(mktemp -d "${TMPDIR:-/tmp}/carrel-fuzz-XXXXXX")
  "$build/tests/$name" -max_total_time="$seconds" -rss_limit_mb=1024 -print_final_stats=1 \
    -artifact_prefix="$found/" "$found" "tests/fuzz/corpus/${name%_fuzz}"
done
