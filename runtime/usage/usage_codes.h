// The one table of what can be wrong with a usage file. Codes are stable: vendors' programs act on
// them. runtime/docs/usage-codes.md is checked against it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace carrel::usage {

enum class UsageCode : uint8_t {
  // Of one record.
  kMissingValue = 1,
  kDuplicateRecordId,
  kTakenRecordId,
  kTooLong,
  kNotANumber,
  kNegativeQuantity,
  kTooManyDecimals,
  kAmountOutOfRange,
  kTooManyDigits,
  kUnknownItemCriteria,
  kUnknownItem,
  kAmbiguousItem,
  kReservationItem,
  kNotATime,
  kNoSuchDay,
  kTimeOutOfRange,
  kStartBehindEnd,
  kBeforePeriod,
  kBehindPeriod,
  kUnknownAssetCriteria,
  kUnknownAsset,
  kAmbiguousAsset,
  kNotATier,
  kUnknownCategory,
  kNotInSchema,
  kBadItemPrecision,
  kItemMpnDiffers,
  kItemDefinedTwice,
  kErrorCell,
  kNoStoredResult,
  kWrongCellType,
  kItemDiffers,
  // Of the whole file.
  kUnreadable = 51,
  kNoSuchTab,
  kTabTwice,
  kNoHeader,
  kMissingHeader,
  kUnknownHeader,
  kDuplicateHeader,
  kNoRows,
  kBadCategories,
  kMissingCustomField,
};

enum class UsageScope : uint8_t { kRecord, kFile };

struct UsageCodeRow {
  UsageCode code;
  UsageScope scope;
  std::string_view meaning;
};

std::span<const UsageCodeRow> UsageCodes();

// "USG_011".
std::string UsageCodeName(UsageCode code);

}  // namespace carrel::usage
