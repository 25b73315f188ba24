// Why pip did not install: its many lines, read for the one sentence that the report's owner needs.
#pragma once

#include <string>
#include <string_view>

#include "runtime/base/result.h"

namespace carrel::report {

// `index` as it is shown. kUnreachable when the index did not answer, kNotFound when it has no
// wheel, kLimit for a file over the cap, kInvalid for whatever else pip says of the packages. The
// package is named where pip names it.
Error ExplainPip(std::string_view output, std::string_view index);

}  // namespace carrel::report
