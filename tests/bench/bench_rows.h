// The rows that every writer of the render benchmark gets: 29 cells, made by the same rule in C++,
// Python and Lua (render.py has the others).
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "sdk/render/cell.h"

namespace carrel::bench {

inline constexpr size_t kColumns = 29;

// Rows in memory, as many different ones as asked for; further ones repeat them.
class BenchRows {
 public:
  explicit BenchRows(size_t distinct);
  // The first `columns` cells of row `number`, from 0.
  render::Row row(size_t number, size_t columns = kColumns) const {
    return {&cells_[number % distinct_ * kColumns], columns};
  }

 private:
  void Text(std::string text);
  void DateTime(int64_t seconds);
  void Integer(int64_t value);
  void Number(double value);
  void Add(int64_t i);

  size_t distinct_;
  std::deque<std::string> texts_;
  std::vector<render::Cell> cells_;
};

}  // namespace carrel::bench
