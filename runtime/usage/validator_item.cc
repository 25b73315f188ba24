// How a record names its item.
#include <fmt/format.h>

#include <array>
#include <utility>

#include "runtime/usage/fault_text.h"
#include "runtime/usage/validator.h"

namespace carrel::usage {
namespace {

// What a row makes of an item of its file.
std::string Said(const NewItem& item) {
  const std::string what =
      fmt::format("{}, {}, {}", Shown(item.name), Shown(item.unit), PrecisionName(item.decimals));
  if (item.is_described) return fmt::format("describes it as {}", what);
  return fmt::format("does not describe it, which leaves {} of the upload before", what);
}

}  // namespace

void Validator::CheckItem(const Row& row) {
  const std::string_view criteria = RequiredText(row, Column::kItemCriteria);
  const std::string_view value = RequiredText(row, Column::kItemValue);
  if (criteria.empty()) return;
  record_.item = FindItem(row, criteria, value);
  if (record_.item >= lookup_.item_count()) return;
  if (lookup_.item(record_.item).type == ItemType::kReservation &&
      !rules_.reservation_consumption) {
    Report(UsageCode::kReservationItem, Column::kItemValue,
           fmt::format("item {} is a reservation, whose consumption is not reported", Shown(value)),
           value);
  }
}

uint32_t Validator::FindItem(const Row& row, std::string_view criteria, std::string_view value) {
  ItemCriteria by = ItemCriteria::kMpn;
  if (criteria == "item.global_id") {
    by = ItemCriteria::kGlobalId;
  } else if (criteria == "item.local_id") {
    by = ItemCriteria::kLocalId;
  } else if (criteria != "item.mpn") {
    Report(UsageCode::kUnknownItemCriteria, Column::kItemCriteria,
           fmt::format("{} is none of item.mpn, item.global_id, item.local_id", Shown(criteria)),
           criteria);
    return UsageRecord::kNone;
  }
  if (value.empty()) return UsageRecord::kNone;
  const uint32_t found = lookup_.FindItem(by, value);
  if (found == Lookup::kMany) {
    Report(UsageCode::kAmbiguousItem, Column::kItemValue,
           fmt::format("more than one item with {} {}", criteria, Shown(value)), value);
    return UsageRecord::kNone;
  }
  const Cell* mpn = CellAt(row, Column::kItemMpn);
  const bool described = mpn != nullptr && mpn->kind != CellKind::kEmpty;
  const bool can_describe = rules_.dynamic && by == ItemCriteria::kMpn && described;
  if (found != Lookup::kNone && !(can_describe && lookup_.item(found).is_own)) {
    return KnownItem(row, found);
  }
  if (can_describe) return NewItemFor(row, value);
  Report(UsageCode::kUnknownItem, Column::kItemValue,
         fmt::format("the product has no item with {} {}", criteria, Shown(value)), value);
  return UsageRecord::kNone;
}

// An item of the catalogue, which a description in the row must not contradict.
uint32_t Validator::KnownItem(const Row& row, uint32_t number) {
  const LookupItem& item = lookup_.item(number);
  const std::string_view mpn = TrimmedText(row, Column::kItemMpn);
  if (!mpn.empty() && mpn != item.mpn) {
    Report(UsageCode::kItemMpnDiffers, Column::kItemMpn,
           fmt::format("item_mpn {}, the record looks for the item with {}", Shown(mpn),
                       Shown(item.mpn)),
           mpn);
  }
  const std::string_view unit = TrimmedText(row, Column::kItemUnit);
  if (!unit.empty() && !item.unit.empty() && unit != item.unit) {
    Report(UsageCode::kItemDiffers, Column::kItemUnit,
           fmt::format("item_unit {}, the item has {}", Shown(unit), Shown(item.unit)), unit);
  }
  const std::string_view precision = TrimmedText(row, Column::kItemPrecision);
  uint8_t decimals = 0;
  if (!precision.empty() && ParsePrecision(precision, decimals) && decimals != item.decimals) {
    Report(UsageCode::kItemDiffers, Column::kItemPrecision,
           fmt::format("item_precision {}, the item has {}", Shown(precision),
                       PrecisionName(item.decimals)),
           precision);
  }
  // Catalogues change names; the record keeps the item. A cell without a value is a fault anyway.
  TrimmedText(row, Column::kItemName);
  if (!item.is_own) return number;
  return AddNewItem({item.mpn, item.name, item.unit, item.decimals, row.number, false});
}

// False when it is none, which was reported.
bool Validator::ParsePrecision(std::string_view name, uint8_t& decimals) {
  for (const uint8_t known : std::to_array<uint8_t>({0, 1, 2, 4, 8})) {
    decimals = known;
    if (name == PrecisionName(known)) return true;
  }
  Report(UsageCode::kBadItemPrecision, Column::kItemPrecision,
         fmt::format("precision {}: expected integer, decimal(1), decimal(2), decimal(4) or "
                     "decimal(8)",
                     Shown(name)),
         name);
  return false;
}

// The file describes an item that the catalogue does not have, or has of this very file.
uint32_t Validator::NewItemFor(const Row& row, std::string_view mpn) {
  const size_t errors = errors_.size();
  const std::string_view described = RequiredText(row, Column::kItemMpn);
  const std::string_view name = RequiredText(row, Column::kItemName);
  const std::string_view unit = RequiredText(row, Column::kItemUnit);
  if (described != mpn && !described.empty()) {
    Report(UsageCode::kItemMpnDiffers, Column::kItemMpn,
           fmt::format("item_mpn {} where the record looks for {}", Shown(described), Shown(mpn)),
           described);
  }
  const std::string_view precision = RequiredText(row, Column::kItemPrecision);
  NewItem item{std::string(mpn), std::string(name), std::string(unit), 0, row.number};
  if (precision.empty() || !ParsePrecision(precision, item.decimals) || errors_.size() > errors) {
    return UsageRecord::kNone;
  }
  return AddNewItem(std::move(item));
}

uint32_t Validator::AddNewItem(NewItem item) {
  const uint32_t known = new_item_index_.Find(item.mpn);
  if (known == TextIndex::kNone) {
    const auto number = static_cast<uint32_t>(result_.new_items.size());
    new_item_index_.Add(item.mpn, number);
    result_.new_items.push_back(std::move(item));
    return lookup_.item_count() + number;
  }
  const NewItem& first = result_.new_items[known];
  if (first.name != item.name || first.unit != item.unit || first.decimals != item.decimals) {
    Report(UsageCode::kItemDefinedTwice, Column::kItemMpn,
           fmt::format("item {}: row {} {}, this row {}; write the same name, unit and precision "
                       "in all rows of the item",
                       Shown(item.mpn), first.row, Said(first), Said(item)),
           item.mpn);
  }
  return lookup_.item_count() + known;
}

}  // namespace carrel::usage
