// CSV that this runtime writes for people to fill in and to read.
#pragma once

#include <string>
#include <vector>

#include "runtime/usage/usage_template.h"

namespace carrel::usage {

// As RFC 4180 has it, with its line end.
std::string CsvLine(const std::vector<std::string>& cells);

// The header and the example. Categories have a tab of their own, which CSV has not.
std::string CsvTemplate(const UsageTemplate& sheet);

}  // namespace carrel::usage
