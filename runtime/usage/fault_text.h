// How errors of records name what they found.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace carrel::usage {

// In quotes, on one line, not too long.
std::string Shown(std::string_view text);

// As the column item_precision has it: "integer", "decimal(2)".
std::string PrecisionName(uint8_t decimals);

}  // namespace carrel::usage
