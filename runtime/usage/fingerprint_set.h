// Remembers which texts were seen, in 16 bytes each: for the ids of a million records.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace carrel::usage {

struct Fingerprint {
  uint64_t low = 0, high = 0;
};

// Keyed with numbers drawn when the process started, so that nobody can write texts that collide.
Fingerprint FingerprintOf(std::string_view text);

// Texts by 96 bits of their fingerprint: two different ones among a million pass for the same with
// a chance of 10^-17. Not thread-safe.
class FingerprintSet {
 public:
  FingerprintSet() : slots_(1024) {}

  // Adds the text with a number above 0; returns the number it was added with before, else 0.
  uint32_t Insert(std::string_view text, uint32_t number);
  bool Has(std::string_view text) const;
  size_t size() const { return size_; }

 private:
  struct Slot {
    uint64_t low = 0;
    uint32_t high = 0;
    uint32_t number = 0;  // 0: free
  };

  size_t Find(uint64_t low, uint32_t high) const;
  void Grow();

  std::vector<Slot> slots_;  // a power of two, at most two thirds taken
  size_t size_ = 0;
};

}  // namespace carrel::usage
