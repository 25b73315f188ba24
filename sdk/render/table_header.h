// The names of a table's columns: Excel repairs a workbook in which they are not the texts of the
// cells above them, or which it reads in two ways.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "runtime/base/result.h"

namespace carrel::render {

// kInvalid for what cannot be such a name.
Status CheckTableHeader(std::string_view header);
// kInvalid when two are alike; case makes no difference.
Status CheckDistinctHeaders(std::span<const std::string> headers);

}  // namespace carrel::render
