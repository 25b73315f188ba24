// A bound filter as SQL that SQLite and PostgreSQL both take: placeholders in the text, values
// beside it.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "runtime/query/filter.h"
#include "runtime/query/query.h"

namespace carrel::query {

using SqlValue = std::variant<int64_t, std::string>;

struct SqlCondition {
  std::string text;  // for WHERE; never empty
  std::vector<SqlValue> values;
};

SqlCondition ToSql(const Node& node, const Schema& schema);

// "a DESC, (b IS NULL), b, id": for ORDER BY. Null comes last in both directions; `last` is a
// column without equals, so that pages never overlap.
std::string OrderSql(const Query& query, const Schema& schema, std::string_view last);

// Binds the values to `statement` (of store/database.h), which has `bound` of them already.
template <typename Statement>
void BindValues(Statement& statement, const SqlCondition& condition, int bound = 0) {
  for (const SqlValue& value : condition.values) {
    ++bound;
    if (const auto* number = std::get_if<int64_t>(&value)) {
      statement.BindInteger(bound, *number);
    } else {
      statement.BindText(bound, std::get<std::string>(value));
    }
  }
}

}  // namespace carrel::query
