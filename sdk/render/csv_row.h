// Rows as csv, as Python's csv.writer prints them: what csv files hold and html pages carry.
#pragma once

#include <cstdint>
#include <string>

#include "sdk/render/cell.h"

namespace carrel::render {

enum class Quoting : uint8_t { kAll, kMinimal };

// Thread-safe.
class CsvRowWriter {
 public:
  CsvRowWriter(char delimiter, Quoting quoting) : delimiter_(delimiter), quoting_(quoting) {}

  // The fields of `row`, quoted as asked for, and CRLF.
  void Append(std::string& out, Row row) const;

 private:
  char* PutRow(char* to, Row row) const;
  static char* PutQuoted(char* to, const Cell& cell);
  char* PutMinimal(char* to, const Cell& cell, size_t fields) const;

  const char delimiter_;
  const Quoting quoting_;
};

}  // namespace carrel::render
