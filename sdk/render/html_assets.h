// The style sheet and the script of html reports. Neither holds a byte that comes from a report.
#pragma once

#include <string_view>

namespace carrel::render {

extern const std::string_view kPageStyle;
extern const std::string_view kPageScript;

}  // namespace carrel::render
