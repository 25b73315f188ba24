// The results that a template stores with its formulas. They were computed without the report's
// rows, and programs that do not compute show them as they are: a file keeps the formulas alone,
// and says that they are to be computed.
#pragma once

#include <cstdint>
#include <string>

#include "runtime/base/result.h"
#include "sdk/render/xml_scanner.h"

namespace carrel::render {

enum class StoredResults : uint8_t {
  kNoFormula,
  kNone,  // formulas, and no result of them
  kSome,
  kUnknown,  // the worksheet cannot be read to its end
};

// Reads a worksheet to its end.
StoredResults FindResults(XmlScanner::Source sheet);

// Gives the text of a worksheet without these results; all else keeps its bytes. Errors are those
// of XmlScanner. Not thread-safe.
class ResultFilter {
 public:
  explicit ResultFilter(XmlScanner::Source sheet) : scanner_(std::move(sheet)) {}

  // As XmlScanner::Source.
  Result<size_t> Read(char* out, size_t size);
  // Of what was read.
  StoredResults found() const { return found_; }

 private:
  enum class Role : uint8_t { kOther, kCell, kFormula, kResult };
  Role RoleOf(XmlToken token);
  Status Step();

  XmlScanner scanner_;
  StoredResults found_ = StoredResults::kNoFormula;
  bool at_end_ = false;
  // Of the cell under way.
  std::string cell_tag_;  // waits until what is in the cell is known
  bool has_formula_ = false;
  bool in_result_ = false;
  std::string text_;  // not yet given
  size_t given_ = 0;
};

}  // namespace carrel::render
