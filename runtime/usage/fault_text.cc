#include "runtime/usage/fault_text.h"

#include <fmt/format.h>

#include "runtime/base/text.h"

namespace carrel::usage {

std::string Shown(std::string_view text) {
  return fmt::format("'{}'", EscapeControls(Truncate(text, 80)));
}

std::string PrecisionName(uint8_t decimals) {
  return decimals == 0 ? "integer" : fmt::format("decimal({})", decimals);
}

}  // namespace carrel::usage
