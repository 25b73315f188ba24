#include "runtime/usage/columns.h"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/base/text.h"
#include "runtime/usage/cell.h"

namespace carrel::usage {
namespace {

constexpr std::array<ColumnRow, kColumns> kTable = {{
    {Column::kRecordId, "record_id", "usage_record_id", 255},
    {Column::kItemCriteria, "item_search_criteria", "", 255},
    {Column::kItemValue, "item_search_value", "", 255},
    {Column::kQuantity, "quantity", "", 255},
    {Column::kStart, "start_time_utc", "", 255},
    {Column::kEnd, "end_time_utc", "", 255},
    {Column::kAssetCriteria, "asset_search_criteria", "", 255},
    {Column::kAssetValue, "asset_search_value", "", 1000},
    {Column::kAmount, "amount", "", 255},
    {Column::kTier, "tier", "", 255},
    {Column::kCategoryId, "category_id", "", 255},
    {Column::kItemName, "item_name", "", 255},
    {Column::kItemUnit, "item_unit", "", 255},
    {Column::kItemMpn, "item_mpn", "", 255},
    {Column::kItemPrecision, "item_precision", "", 255},
    {Column::kRecordNote, "record_note", "", 2000},
    {Column::kAssetReconId, "asset_recon_id", "", 255},
}};

bool IsCustom(std::string_view name) {
  return name.size() > 2 && (name.starts_with("v.") || name.starts_with("p."));
}

std::string Quoted(std::string_view name) {
  return fmt::format("'{}'", EscapeControls(Truncate(name, 60)));
}

std::string Suggestion(std::string_view name) {
  std::vector<std::string> known;
  known.reserve(kTable.size());
  for (const ColumnRow& row : kTable) known.emplace_back(row.name);
  return DidYouMean(name, known);
}

std::string_view SchemaName(UsageSchema schema) {
  constexpr std::string_view kNames[] = {"QT", "TR", "CR", "PR"};
  return kNames[static_cast<size_t>(schema)];
}

}  // namespace

std::span<const ColumnRow> UsageColumns() { return kTable; }

std::string_view ColumnTitle(Column column) { return kTable[static_cast<size_t>(column)].name; }

bool IsRequired(Column column, UsageSchema schema) {
  if (column == Column::kAmount) return schema != UsageSchema::kQt;
  if (column == Column::kTier) return schema == UsageSchema::kTr;
  return column < Column::kAmount;
}

std::optional<FileFault> ColumnMap::Place(size_t position, const std::string& name) {
  const auto twice = [&] {
    return FileFault{UsageCode::kDuplicateHeader, fmt::format("column {} twice", Quoted(name))};
  };
  for (const ColumnRow& row : kTable) {
    if (name != row.name && (row.old_name.empty() || name != row.old_name)) continue;
    size_t& place = positions_[static_cast<size_t>(row.column)];
    if (place != kAbsent) return twice();
    place = position;
    return std::nullopt;
  }
  if (name == kErrorsColumn) {
    if (has_errors_) return twice();
    has_errors_ = true;
    return std::nullopt;
  }
  if (!IsCustom(name)) {
    return FileFault{UsageCode::kUnknownHeader,
                     fmt::format("unknown column {} ({}){}", Quoted(name), ColumnName(position),
                                 Suggestion(name))};
  }
  if (std::ranges::find(custom_, name, &Custom::name) != custom_.end()) return twice();
  custom_.push_back({position, name});
  return std::nullopt;
}

std::optional<FileFault> ColumnMap::Read(std::span<const std::string> header, UsageSchema schema,
                                         std::span<const std::string> required_custom) {
  positions_.fill(kAbsent);
  custom_.clear();
  unnamed_.clear();
  has_errors_ = false;
  width_ = header.size();
  for (size_t i = 0; i < header.size(); ++i) {
    if (header[i].empty()) {
      unnamed_.push_back(i);
    } else if (auto fault = Place(i, header[i])) {
      return fault;
    }
  }
  if (unnamed_.size() == header.size()) {
    return FileFault{UsageCode::kNoHeader, "the first row is no header"};
  }
  std::vector<std::string> missing;
  missing.reserve(kTable.size());
  for (const ColumnRow& row : kTable) {
    if (IsRequired(row.column, schema) && !has(row.column)) missing.emplace_back(row.name);
  }
  if (!missing.empty()) {
    return FileFault{UsageCode::kMissingHeader,
                     fmt::format("required columns missing (schema {}): {}", SchemaName(schema),
                                 Join(missing, ", "))};
  }
  for (const std::string& name : required_custom) {
    if (std::ranges::find(custom_, name, &Custom::name) != custom_.end()) continue;
    return FileFault{UsageCode::kMissingCustomField,
                     fmt::format("required custom column missing: {}", Quoted(name))};
  }
  return std::nullopt;
}

}  // namespace carrel::usage
