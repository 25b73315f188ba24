// The template of a usage file as a workbook.
#pragma once

#include "runtime/base/result.h"
#include "runtime/usage/generated_book.h"
#include "runtime/usage/usage_template.h"

namespace carrel::usage {

// Tabs instructions, categories, records, and a hidden one with what asset_search_criteria can be.
Status WriteTemplate(const UsageTemplate& sheet, GeneratedBook& book);

}  // namespace carrel::usage
