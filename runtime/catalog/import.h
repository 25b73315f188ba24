// Files into the catalogue. A row that is already there as it stands is left alone, so a file can
// be imported any number of times.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/clock.h"
#include "runtime/base/result.h"
#include "runtime/catalog/kinds.h"
#include "runtime/store/database.h"

namespace carrel::catalog {

enum class Format : uint8_t { kJson, kCsv };

struct RefusedRow {
  std::string kind;  // plural
  size_t row = 0;    // of JSON: place in its list, from 1; of CSV: line
  std::string id;    // as given, may be empty
  std::string reason;
};

struct ImportReport {
  struct Counts {
    int64_t created = 0;
    int64_t updated = 0;
    int64_t unchanged = 0;
  };
  Counts counts;
  std::vector<RefusedRow> refused;
};

// JSON is an object {"accounts": [...], "products": [...], ...}, or a list of one kind when `kind`
// is given; CSV is of one kind and its header names paths ("vendor.id"). What a row leaves out
// stays as it is; null empties it. All rows that are not refused are stored in one transaction.
// kInvalid when the file as a whole cannot be read. `now` is the time of what gives none itself.
Result<ImportReport> Import(store::Database& database, std::string_view text, Format format,
                            const KindRow* kind, Timestamp now = SystemClock().Now());

}  // namespace carrel::catalog
