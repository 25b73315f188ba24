// What the records of one usage file are checked against: the items, assets and record ids that
// fit the file's product, contract, marketplace and environment, all in memory.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/usage/fingerprint_set.h"

namespace carrel::usage {

// Keys and what they lead to; a key given twice with different values leads to many. Keys are kept
// as 96 bits of their fingerprint, so that a question costs one look at the memory.
class TextIndex {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;
  static constexpr uint32_t kMany = UINT32_MAX - 1;

  TextIndex() : slots_(64) {}

  // Empty keys are not kept. `value` is less than kMany.
  void Add(std::string_view key, uint32_t value);
  // A value, kNone or kMany.
  uint32_t Find(std::string_view key) const;
  size_t size() const { return size_; }

 private:
  struct Slot {
    uint64_t low = 0;
    uint32_t high = 0;
    uint32_t value = kNone;  // kNone: free
  };

  size_t Place(uint64_t low, uint32_t high) const;
  void Grow();

  std::vector<Slot> slots_;  // a power of two, at most two thirds taken
  size_t size_ = 0;
};

enum class ItemType : uint8_t { kPpu, kReservation };

struct LookupItem {
  std::string mpn, global_id, local_id;
  std::string name, unit;
  ItemType type = ItemType::kPpu;
  uint8_t decimals = 0;  // of its precision: 0, 1, 2, 4, 8
  bool is_own = false;   // the file that is read brought it, and may change it
};

enum class ItemCriteria : uint8_t { kMpn, kGlobalId, kLocalId };

// Filled once, then read by any number of threads.
class Lookup {
 public:
  static constexpr uint32_t kNone = TextIndex::kNone;
  static constexpr uint32_t kMany = TextIndex::kMany;

  // Items of the product; numbered from 0.
  uint32_t AddItem(LookupItem item);
  // Assets that fit the file (product, contract or marketplace, environment); numbered from 0.
  uint32_t AddAsset(std::string_view id);
  void AddAssetParameter(uint32_t asset, std::string_view parameter, std::string_view value);
  // An id of the product's records in files that are not rejected, invalid or deleted.
  void AddTakenRecordId(std::string_view id) { taken_.Insert(id, 1); }

  // A number, kNone or kMany.
  uint32_t FindItem(ItemCriteria criteria, std::string_view value) const {
    return items_by_[static_cast<size_t>(criteria)].Find(value);
  }
  uint32_t FindAsset(std::string_view id) const { return assets_.Find(id); }
  uint32_t FindAssetByParameter(std::string_view parameter, std::string_view value) const;
  bool IsTaken(std::string_view record_id) const {
    return taken_.size() > 0 && taken_.Has(record_id);
  }

  const LookupItem& item(uint32_t number) const { return items_[number]; }
  uint32_t item_count() const { return static_cast<uint32_t>(items_.size()); }
  uint32_t asset_count() const { return asset_count_; }

 private:
  std::vector<LookupItem> items_;
  TextIndex items_by_[3];
  TextIndex assets_;
  uint32_t asset_count_ = 0;
  std::map<std::string, TextIndex, std::less<>> parameters_;
  FingerprintSet taken_;
};

}  // namespace carrel::usage
