#include "runtime/usage/lookup.h"

#include <utility>

namespace carrel::usage {

size_t TextIndex::Place(std::string_view key, uint64_t hash) const {
  const size_t mask = slots_.size() - 1;
  const auto tag = static_cast<uint32_t>(hash >> 32);
  for (size_t at = hash & mask;; at = (at + 1) & mask) {
    const Slot& slot = slots_[at];
    if (slot.entry == 0) return at;
    if (slot.tag != tag) continue;
    const Entry& entry = entries_[slot.entry - 1];
    if (std::string_view(texts_).substr(entry.begin, entry.size) == key) return at;
  }
}

void TextIndex::Add(std::string_view key, uint32_t value) {
  if (key.empty()) return;
  const uint64_t hash = FingerprintOf(key).low;
  Slot& slot = slots_[Place(key, hash)];
  if (slot.entry != 0) {
    Entry& entry = entries_[slot.entry - 1];
    if (entry.value != value) entry.value = kMany;
    return;
  }
  entries_.push_back({texts_.size(), static_cast<uint32_t>(key.size()), value});
  texts_ += key;
  slot = {static_cast<uint32_t>(hash >> 32), static_cast<uint32_t>(entries_.size())};
  if (entries_.size() * 2 > slots_.size()) Grow();
}

uint32_t TextIndex::Find(std::string_view key) const {
  const Slot& slot = slots_[Place(key, FingerprintOf(key).low)];
  return slot.entry == 0 ? kNone : entries_[slot.entry - 1].value;
}

void TextIndex::Grow() {
  slots_.assign(slots_.size() * 2, {});
  for (size_t i = 0; i < entries_.size(); ++i) {
    const auto key = std::string_view(texts_).substr(entries_[i].begin, entries_[i].size);
    const uint64_t hash = FingerprintOf(key).low;
    slots_[Place(key, hash)] = {static_cast<uint32_t>(hash >> 32), static_cast<uint32_t>(i + 1)};
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

void Lookup::AddAssetParameter(uint32_t asset, std::string_view parameter,
                               std::string_view value) {
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
