// The total of one column of a report, exact where its numbers are.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sdk/render/cell.h"

namespace carrel::render {

// Every number is added exactly: integers and decimals digit by digit, floats bit by bit. A column
// with a float has the float nearest to the sum. None, an empty text, NaN and infinities count as
// nothing. Memory does not grow. Not thread-safe.
class ColumnTotal {
 public:
  void Add(const Cell& cell);
  // "3.30": as many decimals as the longest had; with floats "3.3", "1e+16". Nothing for a column
  // without a number or with anything else, with an integer or decimal that has digits beyond
  // 10^±306, or with a sum beyond the largest float.
  std::optional<std::string> Text() const;

 private:
  void AddDigits(std::string_view text);
  void AddFloat(double value);
  std::string ExactText() const;

  bool numbers_ = false, others_ = false, floats_ = false;
  // Signed, carries not yet done, the lowest first; empty before the first number.
  std::vector<int64_t> limbs_;        // of 9 digits each: integers and decimals
  std::vector<int64_t> float_limbs_;  // of 27 bits each
  int scale_ = 0;                     // decimals to print
};

}  // namespace carrel::render
