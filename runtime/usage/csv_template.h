// CSV that this runtime writes for people to fill in and to read.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/usage/columns.h"

namespace carrel::usage {

// As RFC 4180 has it, with its line end.
std::string CsvLine(const std::vector<std::string>& cells);

// Whether the product takes items that a file itself describes.
enum class NewItems : uint8_t { kNo, kYes };

// What a vendor fills in: the header that the schema asks for and one row to show how.
std::string CsvTemplate(UsageSchema schema, const std::vector<std::string>& custom_fields,
                        NewItems new_items);

}  // namespace carrel::usage
