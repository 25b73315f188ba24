// Which cell styles of a workbook show a number as a date or time.
#pragma once

#include <string_view>
#include <vector>

#include "runtime/base/result.h"

namespace carrel::usage {

// "yyyy-mm-dd", "[h]:mm" are; "General", "0.00", "\"day\" 0", "[Red]0" are not.
bool IsDateFormat(std::string_view format_code);

// One entry per cell style of xl/styles.xml.
Result<std::vector<bool>> ReadDateStyles(std::string_view styles_xml);

}  // namespace carrel::usage
