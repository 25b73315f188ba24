// What queries and rules may name of usage files and records, and the SQL behind it.
#pragma once

#include <string_view>

#include "runtime/query/filter.h"
#include "runtime/usage/file_rows.h"

namespace carrel::usage {

// Over FileTables().
const query::Schema& FileSchema();
// Over RecordTables().
const query::Schema& RecordSchema();

// FileTables() with r (the record), i (item), a (asset), g (category), h (hub).
std::string_view RecordTables();

// What a rule sees of a file: the fields of FileSchema().
class FileRecord final : public query::Record {
 public:
  explicit FileRecord(const UsageFile& file) : file_(file) {}
  query::Value Get(size_t index) const override;

 private:
  const UsageFile& file_;
};

}  // namespace carrel::usage
