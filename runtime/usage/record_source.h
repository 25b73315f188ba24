// The seam between the life of a usage file and what reads and checks its spreadsheet: the service
// gives a file and a sink, the source gives one record a row, with all its errors.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "runtime/base/decimal.h"
#include "runtime/base/result.h"
#include "runtime/catalog/products.h"
#include "runtime/store/database.h"

namespace carrel::usage {

struct UsageFile;

struct StoredError {
  std::string column;
  std::string code;  // "USG_011"
  std::string message;
  std::string raw_value;
};

struct StoredCategory {
  std::string id, name, description;
};

// One row, already in the form in which it is stored. The texts live until OnRecord returns.
struct SourceRecord {
  uint32_t sheet_row = 0;
  std::string_view record_id;
  std::string_view note;
  std::optional<int64_t> item_key, asset_key;  // of the catalogue
  std::optional<uint32_t> category;            // its place among OnCategory calls, from 0
  std::optional<int> tier;
  std::optional<Decimal> quantity, amount;
  std::optional<int64_t> start_us, end_us;
  std::string_view params;                   // JSON object; empty: none
  std::span<const StoredError> errors = {};  // none: the record is valid
};

// Below every key of the catalogue.
constexpr int64_t PlaceholderOf(size_t place) { return -1 - static_cast<int64_t>(place); }

class SourceSink {
 public:
  virtual ~SourceSink() = default;
  // Before all others: the product's items, as records are checked against them.
  virtual Status OnItems(std::span<const catalog::Item> items) = 0;
  virtual Status OnCategory(const StoredCategory& category) = 0;
  // Records that are valid have different record ids, an item, an asset, a quantity and times.
  virtual Status OnRecord(const SourceRecord& record) = 0;
  // An item that the file itself brings, or brought before: records name it by PlaceholderOf its
  // place among these calls, from 0. It is created or changed when all records are valid.
  virtual Status OnItem(const catalog::Item& item) = 0;
};

struct SourceRequest {
  const UsageFile& file;
  std::filesystem::path path;  // of the spreadsheet
  std::string_view file_name;  // as it was sent; its ending tells the format
  store::Database& catalog;    // for look-ups
};

class RecordSource {
 public:
  virtual ~RecordSource() = default;
  // What is to be said of the spreadsheet besides the errors of its records, mostly nothing.
  // kInvalid or kLimit: it cannot be taken as a whole, the message says why.
  virtual Result<std::string> Read(const SourceRequest& request, SourceSink& sink) = 0;
};

}  // namespace carrel::usage
