#include "runtime/usage/cell.h"

#include <fmt/format.h>

namespace carrel::usage {

std::string ColumnName(size_t column) {
  std::string name;
  for (++column; column > 0; column = (column - 1) / 26) {
    name.insert(name.begin(), static_cast<char>('A' + (column - 1) % 26));
  }
  return name;
}

std::string CellAddress(std::string_view tab, uint32_t row, size_t column) {
  return fmt::format("{}!{}{}", tab, ColumnName(column), row);
}

}  // namespace carrel::usage
