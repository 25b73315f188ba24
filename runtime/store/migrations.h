// The schema, as the ordered list of steps that made it. A released step never changes: a change
// of the schema is a new step at the end.
//
// `INTEGER PRIMARY KEY` means a 64-bit key that the database gives when none is given: SQLite's row
// id as it stands; another engine writes its own words for it.
#pragma once

#include <span>
#include <string_view>

namespace carrel::store {

struct Migration {
  int version;  // 1, 2, 3, ... without gaps
  std::string_view name;
  std::string_view sql;  // any number of statements, portable SQL
};

std::span<const Migration> Migrations();

}  // namespace carrel::store
