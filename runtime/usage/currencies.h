// The currencies in which usage can be priced.
#pragma once

#include <string_view>

namespace carrel::usage {

// Whether `code` is an ISO 4217 code of money, such as "USD".
bool IsCurrency(std::string_view code);

}  // namespace carrel::usage
