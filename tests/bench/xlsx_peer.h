// libxlsxwriter in its constant memory mode, given the same rows. A build without the library has
// xlsx_peer_none.cc in its place.
#pragma once

#include <string>

#include "tests/bench/bench_rows.h"

namespace carrel::bench {

// False when this build has no libxlsxwriter. Dies when it fails.
bool WriteWithLibxlsxwriter(const BenchRows& rows, size_t count, const std::string& path);

}  // namespace carrel::bench
