// The columns of a usage file: their names, and where a file has them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/usage/usage_codes.h"

namespace carrel::usage {

// How a product's usage is priced: what its files must say.
enum class UsageSchema : uint8_t { kQt, kTr, kCr, kPr };

enum class Column : uint8_t {
  kRecordId,
  kItemCriteria,
  kItemValue,
  kQuantity,
  kStart,
  kEnd,
  kAssetCriteria,
  kAssetValue,
  kAmount,
  kTier,
  kCategoryId,
  kItemName,
  kItemUnit,
  kItemMpn,
  kItemPrecision,
  kRecordNote,
  kAssetReconId,
};
inline constexpr size_t kColumns = 17;

struct ColumnRow {
  Column column;
  std::string_view name;
  std::string_view old_name;
  size_t max_length;  // of its text, in characters
};
std::span<const ColumnRow> UsageColumns();
std::string_view ColumnTitle(Column column);
bool IsRequired(Column column, UsageSchema schema);

// Of a processed file: what is wrong with the record. Known, so that such a file can be sent again,
// and not read.
inline constexpr std::string_view kErrorsColumn = "errors";

inline constexpr size_t kMaxCustomValue = 255;  // characters of a v. or p. column

// What makes a whole file invalid.
struct FileFault {
  UsageCode code = UsageCode::kUnreadable;
  std::string message;
};

// Where the columns of one file are.
class ColumnMap {
 public:
  static constexpr size_t kAbsent = SIZE_MAX;
  struct Custom {
    size_t position = 0;
    std::string name;  // "v.region"
  };

  // From the texts of the header row. `required_custom` are columns that must be there.
  std::optional<FileFault> Read(std::span<const std::string> header, UsageSchema schema,
                                std::span<const std::string> required_custom);

  size_t position(Column column) const { return positions_[static_cast<size_t>(column)]; }
  bool has(Column column) const { return position(column) != kAbsent; }
  std::span<const Custom> custom() const { return custom_; }
  // Positions below it have a name unless they are in unnamed().
  size_t width() const { return width_; }
  std::span<const size_t> unnamed() const { return unnamed_; }

 private:
  std::optional<FileFault> Place(size_t position, const std::string& name);

  std::array<size_t, kColumns> positions_{};
  std::vector<Custom> custom_;
  std::vector<size_t> unnamed_;
  bool has_errors_ = false;
  size_t width_ = 0;
};

}  // namespace carrel::usage
