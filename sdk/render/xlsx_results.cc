#include "sdk/render/xlsx_results.h"

#include <algorithm>
#include <array>
#include <utility>

namespace carrel::render {
namespace {

constexpr size_t kCellDepth = 4;  // worksheet, sheetData, row, c

}  // namespace

// What the token at hand is to the formula of its cell: kCell is the tag of a cell with content,
// kResult a result's tags and what is between them.
ResultFilter::Role ResultFilter::RoleOf(XmlToken token) {
  const size_t depth = scanner_.depth() + (token == XmlToken::kStart ? 0 : 1);
  if (in_result_) {
    in_result_ = token != XmlToken::kEnd || depth != kCellDepth + 1;
    return Role::kResult;
  }
  if (token != XmlToken::kStart && token != XmlToken::kEmpty) return Role::kOther;
  const std::string_view name = scanner_.local_name();
  if (depth == kCellDepth && name == "c") {
    has_formula_ = false;
    return token == XmlToken::kStart ? Role::kCell : Role::kOther;
  }
  if (depth != kCellDepth + 1) return Role::kOther;
  if (name == "f") {
    has_formula_ = true;
    return Role::kFormula;
  }
  if (!has_formula_ || name != "v") return Role::kOther;
  in_result_ = token == XmlToken::kStart;
  return Role::kResult;
}

Status ResultFilter::Step() {
  CARREL_ASSIGN_OR_RETURN(const XmlToken token, scanner_.Next());
  at_end_ = token == XmlToken::kFinished;
  if (at_end_) return {};
  const Role role = RoleOf(token);
  if (role == Role::kResult) {
    if (token == XmlToken::kText || token == XmlToken::kOther) found_ = StoredResults::kSome;
    return {};
  }
  if (role == Role::kCell) {
    cell_tag_ = scanner_.raw();
    return {};
  }
  if (role == Role::kFormula) {
    found_ = std::max(found_, StoredResults::kNone);
    cell_tag_ = WithoutXmlAttribute(cell_tag_, "t");  // the result's type
  }
  text_ += std::exchange(cell_tag_, {});
  text_ += scanner_.raw();
  return {};
}

Result<size_t> ResultFilter::Read(char* out, size_t size) {
  if (given_ == text_.size()) {
    text_.clear();
    given_ = 0;
  }
  while (text_.size() - given_ < size && !at_end_) CARREL_TRY(Step());
  const size_t n = text_.copy(out, size, given_);
  given_ += n;
  return n;
}

StoredResults FindResults(XmlScanner::Source sheet) {
  ResultFilter filter(std::move(sheet));
  std::array<char, 4096> ignored;
  for (;;) {
    const auto n = filter.Read(ignored.data(), ignored.size());
    if (!n) return StoredResults::kUnknown;
    if (*n == 0) return filter.found();
  }
}

}  // namespace carrel::render
