// CSV as catalogues come in: small, whole in memory, the first row is the header.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"

namespace carrel::catalog {

struct CsvRow {
  size_t line = 0;  // on which it begins, from 1
  std::vector<std::string> cells;
};

// RFC 4180 with LF or CRLF; empty lines are left out. kInvalid, with the line, for a quote that is
// never closed or text after one.
Result<std::vector<CsvRow>> ParseCsv(std::string_view text);

}  // namespace carrel::catalog
