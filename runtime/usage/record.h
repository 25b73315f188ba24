// A checked record of a usage file, in the compact form in which it is stored.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/decimal.h"
#include "runtime/usage/cell.h"
#include "runtime/usage/columns.h"
#include "runtime/usage/lookup.h"

namespace carrel::usage {

// Digits behind the point that the store has room for.
inline constexpr int kStoredDecimals = 18;

struct CustomValue {
  std::string_view name;  // "v.region"
  std::string_view value;
};

// Numbers of items below Lookup::item_count() are the lookup's; those from there on are new ones of
// the file, in the order of UsageFileResult::new_items. kNone where the record has none or an
// invalid one.
struct UsageRecord {
  static constexpr uint32_t kNone = UINT32_MAX;
  static constexpr uint8_t kNoTier = UINT8_MAX;

  uint32_t row = 0;
  uint32_t item = kNone;
  uint32_t asset = kNone;
  uint32_t category = kNone;  // in UsageFileResult::categories
  uint8_t tier = kNoTier;
  bool has_amount = false;
  Decimal quantity, amount;
  int64_t start = 0, end = 0;  // microseconds UTC
  std::string_view record_id, record_note, asset_recon_id;
  std::span<const CustomValue> custom;
};

struct RecordError {
  UsageCode code = UsageCode::kMissingValue;
  size_t position = 0;  // of the column in the file; ColumnMap::kAbsent when it has none
  std::string column;
  std::string message;
  std::string raw_value;
};

class RecordSink {
 public:
  virtual ~RecordSink() = default;
  // In the order of the file; all texts live until the call returns. Without errors the record is
  // valid. `row` is what it was made from. An error ends the reading.
  virtual Status OnRecord(const UsageRecord& record, std::span<const RecordError> errors,
                          const Row& row) = 0;
};

// An item that the file itself describes, for products that allow it.
struct NewItem {
  std::string mpn, name, unit;
  uint8_t decimals = 0;
  uint32_t row = 0;  // the first of the item
  // False when that row leaves it at what the catalogue has of an upload before.
  bool is_described = true;
};

struct UsageCategory {
  std::string id, name, description;
};

// What the file is checked for besides its lookup.
struct UsageRules {
  UsageSchema schema = UsageSchema::kQt;
  bool dynamic = false, future = false, late = false;  // capabilities of the product
  bool reservation_consumption = false;
  std::vector<std::string> required_custom = {};            // "v.region"
  int64_t period_from = INT64_MIN, period_end = INT64_MAX;  // up to the end, without it
};

struct UsageFileResult {
  uint64_t valid = 0, invalid = 0;
  // What makes the file invalid as a whole; records read before it have been handed on.
  std::optional<FileFault> fault;
  // The first error cell or formula without a result, and how many there are: for error_detail.
  std::string cell_fault;
  uint64_t cell_faults = 0;
  std::vector<NewItem> new_items;
  std::vector<UsageCategory> categories;
};

}  // namespace carrel::usage
