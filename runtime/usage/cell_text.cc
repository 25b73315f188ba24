#include "runtime/usage/cell_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/base/decimal.h"
#include "runtime/base/text.h"
#include "runtime/usage/time_parser.h"

namespace carrel::usage {
namespace {

constexpr std::string_view kBlanks = " \t\n\v\f\r";
constexpr size_t kMaxShown = 20;  // bytes of an error cell

// Whether the text of a number is how the number prints.
bool IsPlainWhole(std::string_view text) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return !text.empty() && text.size() <= 15 && (text[0] != '0' || text.size() == 1) &&
         std::ranges::all_of(text, is_digit);
}

}  // namespace

std::string_view Trim(std::string_view text) {
  const auto is_blank = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
  if (!text.empty() && !is_blank(text.front()) && !is_blank(text.back())) return text;
  const size_t begin = text.find_first_not_of(kBlanks);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

std::optional<CellFault> FaultOf(const Cell& cell) {
  if (cell.kind == CellKind::kError) {
    return CellFault{UsageCode::kErrorCell,
                     fmt::format("the cell holds {}", Truncate(cell.text, kMaxShown))};
  }
  if (cell.kind == CellKind::kNoValue) {
    return CellFault{UsageCode::kNoStoredResult,
                     "the cell holds a formula without a stored result"};
  }
  return std::nullopt;
}

std::string_view CellText(const Cell& cell, Epoch epoch, TextArena& arena) {
  if (cell.kind == CellKind::kText || cell.kind == CellKind::kDate) return cell.text;
  if (cell.kind == CellKind::kBool) return cell.text == "1" ? "TRUE" : "FALSE";
  if (cell.kind != CellKind::kNumber) return {};
  if (cell.date_style) {
    if (const auto time = ParseDayNumber(cell.text, epoch)) return arena.Copy(FormatTime(*time));
  }
  if (IsPlainWhole(cell.text)) return cell.text;
  const auto number = Decimal::ParseSpreadsheet(cell.text);
  return number ? arena.Copy(number->ToString()) : cell.text;
}

}  // namespace carrel::usage
