// The options --filter, --limit and --offset of a list as one query.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/result.h"

namespace carrel::cli {

// A limit or offset inside the filter counts before the option. A fault of the filter is told by
// its place in the filter, whatever is put around it later.
Result<std::string> PageQuery(std::string_view filter, int64_t limit, int64_t offset);

}  // namespace carrel::cli
