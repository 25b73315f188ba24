// The tabs of the spreadsheets that people send: what is a workbook, and which of its tabs is what.
#pragma once

#include <expected>
#include <filesystem>
#include <string_view>

#include "runtime/usage/columns.h"
#include "runtime/usage/workbook.h"

namespace carrel::usage {

inline constexpr std::string_view kRecordsTab = "records";
inline constexpr std::string_view kCategoriesTab = "categories";

// By its first bytes; everything else is CSV of the records tab. False for a file that cannot be
// read: opening it says why.
bool IsWorkbook(const std::filesystem::path& path);

// Of a workbook that outlives it.
struct UsageTabs {
  const Tab* records = nullptr;     // `records`, once `usage_records`
  const Tab* categories = nullptr;  // null when there is none
};

// By name, whatever its case. A fault without a tab of records, or with two tabs of one name.
std::expected<UsageTabs, FileFault> FindTabs(const Workbook& book);

}  // namespace carrel::usage
