#include "runtime/store/database.h"

namespace carrel::store {

std::string TextColumn(const Statement& statement, int column) {
  return statement.IsNull(column) ? std::string() : std::string(statement.Text(column));
}

}  // namespace carrel::store
