#include "runtime/catalog/csv_table.h"

#include <fmt/format.h>

namespace carrel::catalog {
namespace {

class CsvParser {
 public:
  explicit CsvParser(std::string_view text) : text_(text) {
    if (text_.starts_with("\xEF\xBB\xBF")) text_.remove_prefix(3);
  }

  Result<std::vector<CsvRow>> Parse() {
    std::vector<CsvRow> rows;
    while (at_ < text_.size()) {
      CARREL_ASSIGN_OR_RETURN(CsvRow row, ParseRow());
      if (row.cells.size() > 1 || !row.cells.front().empty()) rows.push_back(std::move(row));
    }
    return rows;
  }

 private:
  Result<CsvRow> ParseRow() {
    CsvRow row{line_, {}};
    while (true) {
      CARREL_ASSIGN_OR_RETURN(std::string cell, ParseCell());
      row.cells.push_back(std::move(cell));
      if (at_ == text_.size()) return row;
      const char end = text_[at_++];
      if (end == ',') continue;
      if (end == '\r' && at_ < text_.size() && text_[at_] == '\n') ++at_;
      ++line_;
      return row;
    }
  }

  Result<std::string> ParseCell() {
    if (at_ < text_.size() && text_[at_] == '"') return ParseQuoted();
    const size_t end = std::min(text_.find_first_of(",\r\n", at_), text_.size());
    std::string cell(text_.substr(at_, end - at_));
    at_ = end;
    return cell;
  }

  Result<std::string> ParseQuoted() {
    const size_t first_line = line_;
    std::string cell;
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\n') ++line_;
      if (text_[at_] != '"') {
        cell += text_[at_];
        continue;
      }
      ++at_;
      if (at_ == text_.size() || std::string_view(",\r\n").contains(text_[at_])) return cell;
      if (text_[at_] != '"') {
        return Fail(Code::kInvalid, fmt::format("line {}: text after a closing quote", line_));
      }
      cell += '"';
    }
    return Fail(Code::kInvalid, fmt::format("line {}: the quote is never closed", first_line));
  }

  std::string_view text_;
  size_t at_ = 0;
  size_t line_ = 1;
};

}  // namespace

Result<std::vector<CsvRow>> ParseCsv(std::string_view text) { return CsvParser(text).Parse(); }

}  // namespace carrel::catalog
