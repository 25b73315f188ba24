#include "runtime/usage/usage_codes.h"

#include <fmt/format.h>

#include <array>

namespace carrel::usage {
namespace {

constexpr auto kRecord = UsageScope::kRecord;
constexpr auto kFile = UsageScope::kFile;

constexpr std::array kCodes = std::to_array<UsageCodeRow>({
    {UsageCode::kMissingValue, kRecord, "a required value is missing"},
    {UsageCode::kDuplicateRecordId, kRecord, "the record id stands in the file before"},
    {UsageCode::kTakenRecordId, kRecord, "another file of the product has the record id"},
    {UsageCode::kTooLong, kRecord, "a text is longer than its column allows"},
    {UsageCode::kNotANumber, kRecord, "not a number"},
    {UsageCode::kNegativeQuantity, kRecord, "the quantity is less than zero"},
    {UsageCode::kTooManyDecimals, kRecord, "more decimals than the item's precision has"},
    {UsageCode::kAmountOutOfRange, kRecord, "a number beyond ±10^16"},
    {UsageCode::kTooManyDigits, kRecord,
     "more digits than are kept: 38 in all, 18 behind the point"},
    {UsageCode::kUnknownItemCriteria, kRecord,
     "item_search_criteria is none of item.mpn, item.global_id, item.local_id"},
    {UsageCode::kUnknownItem, kRecord, "the product has no such item"},
    {UsageCode::kAmbiguousItem, kRecord, "more than one item of the product fits"},
    {UsageCode::kReservationItem, kRecord,
     "the item is a reservation, and the product does not report their consumption"},
    {UsageCode::kNotATime, kRecord, "not a date and time"},
    {UsageCode::kNoSuchDay, kRecord, "a day that the calendar does not have"},
    {UsageCode::kTimeOutOfRange, kRecord, "a time before 1900 or after 9999"},
    {UsageCode::kStartBehindEnd, kRecord, "the start lies behind the end"},
    {UsageCode::kBeforePeriod, kRecord,
     "before the file's period, and the product does not allow late usage"},
    {UsageCode::kBehindPeriod, kRecord,
     "behind the file's period, and the product does not allow future usage"},
    {UsageCode::kUnknownAssetCriteria, kRecord,
     "asset_search_criteria is neither asset.id nor parameter.<id>"},
    {UsageCode::kUnknownAsset, kRecord,
     "no such asset of the file's product, contract, marketplace and environment"},
    {UsageCode::kAmbiguousAsset, kRecord, "more than one asset has this value of the parameter"},
    {UsageCode::kNotATier, kRecord, "the tier is none of 0, 1, 2"},
    {UsageCode::kUnknownCategory, kRecord, "the categories tab has no such category"},
    {UsageCode::kNotInSchema, kRecord, "the product's schema has no such value"},
    {UsageCode::kBadItemPrecision, kRecord,
     "item_precision is none of integer, decimal(1), decimal(2), decimal(4), decimal(8)"},
    {UsageCode::kItemMpnDiffers, kRecord, "item_mpn is not the item that the record looks for"},
    {UsageCode::kItemDefinedTwice, kRecord, "the file describes the new item in two ways"},
    {UsageCode::kErrorCell, kRecord, "the cell holds an error such as #REF!"},
    {UsageCode::kNoStoredResult, kRecord, "the cell holds a formula without a stored result"},
    {UsageCode::kWrongCellType, kRecord, "a cell of a type that the column does not take"},
    {UsageCode::kItemDiffers, kRecord,
     "the catalogue's item has another unit or precision than the record says"},
    {UsageCode::kUnreadable, kFile, "the file cannot be read"},
    {UsageCode::kNoSuchTab, kFile, "there is no tab of records"},
    {UsageCode::kTabTwice, kFile, "two tabs of one name"},
    {UsageCode::kNoHeader, kFile, "the tab has no header row"},
    {UsageCode::kMissingHeader, kFile, "a required column is missing"},
    {UsageCode::kUnknownHeader, kFile, "a column that nobody knows"},
    {UsageCode::kDuplicateHeader, kFile, "a column stands there twice"},
    {UsageCode::kNoRows, kFile, "the tab has no records"},
    {UsageCode::kBadCategories, kFile, "the categories tab is not as it must be"},
    {UsageCode::kMissingCustomField, kFile, "a custom column that the product requires is missing"},
});

}  // namespace

std::span<const UsageCodeRow> UsageCodes() { return kCodes; }

std::string UsageCodeName(UsageCode code) {
  return fmt::format("USG_{:03}", static_cast<unsigned>(code));
}

}  // namespace carrel::usage
