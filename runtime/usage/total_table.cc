#include "runtime/usage/total_table.h"

namespace carrel::usage {

uint32_t& TotalTable::SlotOf(const TotalKey& key) {
  // Fibonacci hashing: Knuth, The Art of Computer Programming, volume 3, 6.4.
  constexpr uint64_t kGolden = 0x9E3779B97F4A7C15;
  uint64_t hash = static_cast<uint64_t>(key.asset) * kGolden;
  hash = (hash ^ static_cast<uint64_t>(key.item)) * kGolden;
  hash = (hash ^ static_cast<uint64_t>(key.tier)) * kGolden;
  const size_t mask = slots_.size() - 1;
  for (size_t at = (hash >> 32) & mask;; at = (at + 1) & mask) {
    uint32_t& slot = slots_[at];
    if (slot == 0 || rows_[slot - 1].key == key) return slot;
  }
}

Total& TotalTable::At(const TotalKey& key) {
  uint32_t& slot = SlotOf(key);
  if (slot != 0) return rows_[slot - 1];
  Total& fresh = rows_.emplace_back();
  fresh.key = key;
  slot = static_cast<uint32_t>(rows_.size());
  if (rows_.size() * 2 > slots_.size()) Grow();
  return fresh;
}

void TotalTable::Grow() {
  slots_.assign(slots_.size() * 2, 0);
  for (size_t i = 0; i < rows_.size(); ++i) SlotOf(rows_[i].key) = static_cast<uint32_t>(i + 1);
}

}  // namespace carrel::usage
