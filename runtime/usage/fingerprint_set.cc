#include "runtime/usage/fingerprint_set.h"

#include <array>
#include <cstring>
#include <random>
#include <utility>

namespace carrel::usage {
namespace {

constexpr size_t kBlock = 16;

uint64_t Load(const char* at) {
  uint64_t value = 0;
  std::memcpy(&value, at, sizeof value);
  return value;
}

// Both halves of the product, so that every bit of either factor matters.
uint64_t Mix(uint64_t a, uint64_t b) {
  const auto product = static_cast<unsigned __int128>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

const std::array<uint64_t, 4>& Keys() {
  static const std::array<uint64_t, 4> keys = [] {
    std::random_device random;
    std::array<uint64_t, 4> drawn{};
    for (uint64_t& key : drawn) key = (static_cast<uint64_t>(random()) << 32) | random() | 1U;
    return drawn;
  }();
  return keys;
}

}  // namespace

Fingerprint FingerprintOf(std::string_view text) {
  const auto& keys = Keys();
  const char* at = text.data();
  size_t rest = text.size();
  Fingerprint print{keys[0] ^ text.size(), keys[1]};
  for (; rest > kBlock; at += kBlock, rest -= kBlock) {
    const uint64_t a = Load(at);
    const uint64_t b = Load(at + 8);
    print.low = Mix(a ^ keys[2], b ^ print.low);
    print.high = Mix(b ^ keys[3], a ^ print.high);
  }
  uint64_t a = 0;
  uint64_t b = 0;
  if (rest >= 8) {
    a = Load(at);
    b = Load(at + rest - 8);
  } else {
    for (size_t i = 0; i < rest; ++i) a = a << 8 | static_cast<unsigned char>(at[i]);
  }
  print.low = Mix(a ^ keys[2], b ^ print.low);
  print.high = Mix(b ^ keys[3], a ^ print.high);
  return {Mix(print.low ^ keys[1], keys[3]), Mix(print.high ^ keys[0], keys[2])};
}

size_t FingerprintSet::Find(uint64_t low, uint32_t high) const {
  const size_t mask = slots_.size() - 1;
  for (size_t at = low & mask;; at = (at + 1) & mask) {
    const Slot& slot = slots_[at];
    if (slot.number == 0 || (slot.low == low && slot.high == high)) return at;
  }
}

uint32_t FingerprintSet::Insert(std::string_view text, uint32_t number) {
  const Fingerprint print = FingerprintOf(text);
  const auto high = static_cast<uint32_t>(print.high);
  Slot& slot = slots_[Find(print.low, high)];
  if (slot.number != 0) return slot.number;
  slot = {print.low, high, number};
  if (++size_ * 3 > slots_.size() * 2) Grow();
  return 0;
}

bool FingerprintSet::Has(std::string_view text) const {
  const Fingerprint print = FingerprintOf(text);
  return slots_[Find(print.low, static_cast<uint32_t>(print.high))].number != 0;
}

void FingerprintSet::Grow() {
  std::vector<Slot> old(slots_.size() * 2);
  old.swap(slots_);
  for (const Slot& slot : old) {
    if (slot.number != 0) slots_[Find(slot.low, slot.high)] = slot;
  }
}

}  // namespace carrel::usage
