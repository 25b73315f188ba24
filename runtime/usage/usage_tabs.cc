#include "runtime/usage/usage_tabs.h"

#include <fmt/format.h>

#include <array>
#include <fstream>
#include <string>
#include <vector>

#include "runtime/base/text.h"

namespace carrel::usage {
namespace {

constexpr std::string_view kZipMark = "PK";
constexpr std::string_view kOldWorkbookMark = "\xD0\xCF\x11\xE0";
constexpr std::string_view kOldRecordsTab = "usage_records";

std::string Lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return out;
}

}  // namespace

bool IsWorkbook(const std::filesystem::path& path) {
  std::array<char, 4> head{};
  std::ifstream(path, std::ios::binary).read(head.data(), head.size());
  const std::string_view bytes(head.data(), head.size());
  return bytes.starts_with(kZipMark) || bytes == kOldWorkbookMark;
}

std::expected<UsageTabs, FileFault> FindTabs(const Workbook& book) {
  UsageTabs tabs;
  std::vector<std::string> names;
  for (const Tab& tab : book.tabs()) {
    const std::string name = Lower(tab.name);
    const bool is_records = name == kRecordsTab || name == kOldRecordsTab;
    if (is_records || name == kCategoriesTab) {
      const Tab*& place = is_records ? tabs.records : tabs.categories;
      if (place != nullptr) {
        return std::unexpected(FileFault{
            UsageCode::kTabTwice,
            fmt::format("two tabs of {}: '{}' and '{}'", is_records ? kRecordsTab : kCategoriesTab,
                        place->name, tab.name)});
      }
      place = &tab;
    }
    if (names.size() < 10) names.push_back(EscapeControls(Truncate(tab.name, 31)));
  }
  if (tabs.records != nullptr) return tabs;
  return std::unexpected(
      FileFault{UsageCode::kNoSuchTab,
                fmt::format("no tab 'records'; the workbook has: {}", Join(names, ", "))});
}

}  // namespace carrel::usage
