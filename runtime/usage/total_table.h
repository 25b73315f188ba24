// The exact totals of one load, by asset, item and tier: one step for each of its records, of which
// there may be millions, so the table is flat and finds its row in memory that is near.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "runtime/base/decimal.h"

namespace carrel::usage {

// In usage_totals: records of schemas without tiers.
inline constexpr int64_t kNoTier = -1;

struct TotalKey {
  int64_t asset = 0, item = 0, tier = kNoTier;  // 0: the record names none
  auto operator<=>(const TotalKey&) const = default;
};

struct Total {
  TotalKey key;
  int64_t records = 0;
  DecimalSum quantity, amount;
  int64_t last_end = 0;  // microseconds since 1970, UTC
};

// Not thread-safe.
class TotalTable {
 public:
  TotalTable() : slots_(1024) {}

  // The total of `key`, fresh when there was none; valid until the next call.
  Total& At(const TotalKey& key);
  // In the order in which their keys came.
  const std::vector<Total>& rows() const { return rows_; }

 private:
  // Where the row of `key` is named, or would be.
  uint32_t& SlotOf(const TotalKey& key);
  void Grow();

  std::vector<Total> rows_;
  std::vector<uint32_t> slots_;  // rows +1 by the hash of their keys, 0: free; a power of two
};

}  // namespace carrel::usage
