#include "runtime/usage/csv_template.h"

#include <array>
#include <string_view>

namespace carrel::usage {
namespace {

// What the example row of a template says in a column.
struct Example {
  Column column;
  std::string_view text;
};
constexpr std::array kExamples = {
    Example{Column::kRecordId, "2026-11-0001"},
    Example{Column::kItemCriteria, "item.mpn"},
    Example{Column::kItemValue, "MPN-1"},
    Example{Column::kQuantity, "1"},
    Example{Column::kStart, "2026-11-01 00:00:00"},
    Example{Column::kEnd, "2026-11-30 23:59:59"},
    Example{Column::kAssetCriteria, "asset.id"},
    Example{Column::kAssetValue, "AS-0000-0000-0000"},
    Example{Column::kAmount, "9.99"},
    Example{Column::kTier, "0"},
};

bool IsOfNewItems(Column column) {
  return column == Column::kItemName || column == Column::kItemUnit || column == Column::kItemMpn ||
         column == Column::kItemPrecision;
}

}  // namespace

std::string CsvLine(const std::vector<std::string>& cells) {
  std::string out;
  for (const std::string& cell : cells) {
    if (&cell != cells.data()) out += ',';
    if (cell.find_first_of(",\"\r\n") == std::string::npos) {
      out += cell;
      continue;
    }
    out += '"';
    for (const char c : cell) out += c == '"' ? "\"\"" : std::string(1, c);
    out += '"';
  }
  return out + "\r\n";
}

std::string CsvTemplate(UsageSchema schema, const std::vector<std::string>& custom_fields,
                        NewItems new_items) {
  std::vector<std::string> header;
  std::vector<std::string> example;
  for (const ColumnRow& row : UsageColumns()) {
    const bool is_amount = row.column == Column::kAmount || row.column == Column::kTier;
    if (is_amount && !IsRequired(row.column, schema)) continue;
    if (IsOfNewItems(row.column) && new_items == NewItems::kNo) continue;
    // A category needs a second tab, which CSV has not.
    if (row.column == Column::kCategoryId) continue;
    header.emplace_back(row.name);
    example.emplace_back();
    for (const Example& known : kExamples) {
      if (known.column == row.column) example.back() = known.text;
    }
  }
  for (const std::string& field : custom_fields) {
    header.push_back(field);
    example.emplace_back("text");
  }
  return CsvLine(header) + CsvLine(example);
}

}  // namespace carrel::usage
