#include "runtime/usage/lookup.h"

#include <utility>

namespace carrel::usage {

size_t TextIndex::Place(uint64_t low, uint32_t high) const {
  const size_t mask = slots_.size() - 1;
  for (size_t at = low & mask;; at = (at + 1) & mask) {
    const Slot& slot = slots_[at];
    if (slot.value == kNone || (slot.low == low && slot.high == high)) return at;
  }
}

void TextIndex::Add(std::string_view key, uint32_t value) {
  if (key.empty()) return;
  const Fingerprint print = FingerprintOf(key);
  const auto high = static_cast<uint32_t>(print.high);
  Slot& slot = slots_[Place(print.low, high)];
  if (slot.value != kNone) {
    if (slot.value != value) slot.value = kMany;
    return;
  }
  slot = {print.low, high, value};
  if (++size_ * 3 > slots_.size() * 2) Grow();
}

uint32_t TextIndex::Find(std::string_view key) const {
  const Fingerprint print = FingerprintOf(key);
  return slots_[Place(print.low, static_cast<uint32_t>(print.high))].value;
}

void TextIndex::Grow() {
  std::vector<Slot> old(slots_.size() * 2);
  old.swap(slots_);
  for (const Slot& slot : old) {
    if (slot.value != kNone) slots_[Place(slot.low, slot.high)] = slot;
  }
}

uint32_t Lookup::AddItem(LookupItem item) {
  const auto number = static_cast<uint32_t>(items_.size());
  items_by_[static_cast<size_t>(ItemCriteria::kMpn)].Add(item.mpn, number);
  items_by_[static_cast<size_t>(ItemCriteria::kGlobalId)].Add(item.global_id, number);
  items_by_[static_cast<size_t>(ItemCriteria::kLocalId)].Add(item.local_id, number);
  items_.push_back(std::move(item));
  return number;
}

uint32_t Lookup::AddAsset(std::string_view id) {
  assets_.Add(id, asset_count_);
  return asset_count_++;
}

void Lookup::AddAssetParameter(uint32_t asset, std::string_view parameter, std::string_view value) {
  auto found = parameters_.find(parameter);
  if (found == parameters_.end()) {
    found = parameters_.emplace(std::string(parameter), TextIndex()).first;
  }
  found->second.Add(value, asset);
}

uint32_t Lookup::FindAssetByParameter(std::string_view parameter, std::string_view value) const {
  const auto found = parameters_.find(parameter);
  return found == parameters_.end() ? kNone : found->second.Find(value);
}

}  // namespace carrel::usage
