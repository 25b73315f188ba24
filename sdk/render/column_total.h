// The total of one column of a report, exact where its numbers are.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sdk/render/cell.h"

namespace carrel::render {

// Integers and decimals are added digit by digit, never as doubles; floats with a compensated sum
// (Neumaier). A column of both has the float nearest to the sum of the two. None, an empty text,
// NaN and infinities count as nothing. Memory does not grow. Not thread-safe.
class ColumnTotal {
 public:
  void Add(const Cell& cell);
  // Whether there is a number and nothing but numbers: else the column has no total. Numbers with
  // digits beyond 10^±306 cannot be added.
  bool has_total() const { return numbers_ && !others_; }
  // "3.30", "1e+16": as many decimals as the longest had.
  std::string Text() const;

 private:
  void AddDigits(std::string_view text);
  void AddFloat(double value);
  std::string ExactText() const;

  bool numbers_ = false, others_ = false, floats_ = false;
  std::vector<int64_t> limbs_;  // of 9 digits each, signed, carries not yet done
  int scale_ = 0;               // decimals to print
  double sum_ = 0, compensation_ = 0;
};

}  // namespace carrel::render
