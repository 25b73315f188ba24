#include "sdk/render/formula_shift.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "sdk/render/xlsx_cell.h"

namespace carrel::render {
namespace {

constexpr std::string_view kNoReference = "#REF!";

bool IsLetter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsWordPart(char c) {
  return IsLetter(c) || IsDigit(c) || c == '_' || c == '.' || c == '$' || c == '\\' || c == '?' ||
         static_cast<unsigned char>(c) >= 0x80;
}

// A column or a row of a reference, as it is written.
struct Axis {
  bool is_fixed = false;  // with a dollar sign
  int64_t number = 0;     // from 1
};

// Takes the letters of a column, or the digits of a row, from the front of `word`.
std::optional<Axis> TakeAxis(std::string_view& word, bool is_column) {
  Axis axis{.is_fixed = word.starts_with('$')};
  std::string_view rest = word.substr(axis.is_fixed ? 1 : 0);
  const auto* const end = std::ranges::find_if_not(rest, is_column ? IsLetter : IsDigit);
  const auto size = static_cast<size_t>(end - rest.begin());
  if (size == 0 || size > 7) return std::nullopt;
  for (const char c : rest.substr(0, size)) {
    axis.number =
        is_column ? axis.number * 26 + ((c & ~0x20) - 'A' + 1) : axis.number * 10 + (c - '0');
  }
  if (axis.number < 1 || axis.number > (is_column ? kMaxSheetColumns : kMaxSheetRows)) {
    return std::nullopt;
  }
  word = rest.substr(size);
  return axis;
}

// Where the axis is after the shift; nothing outside of the sheet.
std::optional<std::string> Shifted(const Axis& axis, bool is_column, FormulaShift shift) {
  const int64_t number = axis.number + (axis.is_fixed ? 0 : is_column ? shift.columns : shift.rows);
  if (number < 1 || number > (is_column ? kMaxSheetColumns : kMaxSheetRows)) return std::nullopt;
  const std::string text =
      is_column ? ColumnName(static_cast<uint32_t>(number)) : std::to_string(number);
  return fmt::format("{}{}", axis.is_fixed ? "$" : "", text);
}

// "B3"; nothing when the word is no cell.
std::optional<std::string> ShiftCell(std::string_view word, FormulaShift shift) {
  const auto column = TakeAxis(word, true);
  const auto row = column ? TakeAxis(word, false) : std::nullopt;
  if (!row || !word.empty()) return std::nullopt;
  const auto name = Shifted(*column, true, shift);
  const auto number = Shifted(*row, false, shift);
  return name && number ? *name + *number : std::string(kNoReference);
}

// One side of "A:C" or "1:3"; nothing when the word is none.
std::optional<std::string> ShiftAxis(std::string_view word, bool is_column, FormulaShift shift) {
  const auto axis = TakeAxis(word, is_column);
  if (!axis || !word.empty()) return std::nullopt;
  return Shifted(*axis, is_column, shift).value_or(std::string(kNoReference));
}

// Goes through one formula, piece by piece.
class Shifter {
 public:
  Shifter(std::string_view formula, FormulaShift shift) : left_(formula), shift_(shift) {}

  std::string Run() {
    while (!left_.empty()) {
      if (IsWordPart(left_[0])) {
        TakeWord();
      } else if (left_[0] == '[') {
        Copy(BracketsEnd());
      } else if (!TakeQuoted("\"") && !TakeQuoted("&quot;") && !TakeQuoted("'") &&
                 !TakeQuoted("&apos;")) {
        Copy(left_[0] == '&' ? std::min(left_.find(';'), left_.size() - 1) + 1 : 1);
      }
    }
    return std::move(out_);
  }

 private:
  void Copy(size_t size) {
    out_ += left_.substr(0, size);
    left_.remove_prefix(std::min(size, left_.size()));
  }

  // A text or the name of a sheet; a doubled quote within is two of them side by side.
  bool TakeQuoted(std::string_view quote) {
    if (!left_.starts_with(quote)) return false;
    const size_t end = left_.find(quote, quote.size());
    Copy(end == std::string_view::npos ? left_.size() : end + quote.size());
    return true;
  }

  // Behind a structured reference or the number of another workbook.
  size_t BracketsEnd() const {
    int depth = 0;
    for (size_t i = 0; i < left_.size(); ++i) {
      if (left_[i] == '\'' && depth > 0)
        ++i;  // escapes what follows
      else if (left_[i] == '[')
        ++depth;
      else if (left_[i] == ']' && --depth == 0)
        return i + 1;
    }
    return left_.size();
  }

  static size_t WordEnd(std::string_view text) {
    return static_cast<size_t>(std::ranges::find_if_not(text, IsWordPart) - text.begin());
  }

  void TakeWord() {
    const std::string_view word = left_.substr(0, WordEnd(left_));
    const std::string_view behind = left_.substr(word.size());
    const char next = behind.empty() ? '\0' : behind[0];
    if (next == '(' || next == '!' || next == '[') return Copy(word.size());
    const std::string_view other =
        next == ':' ? behind.substr(1, WordEnd(behind.substr(1))) : std::string_view();
    const size_t both = word.size() + 1 + other.size();
    // Several sheets: Jan:Mar!B2.
    if (next == ':' && left_.substr(both).starts_with('!')) return Copy(both);
    if (const auto cell = ShiftCell(word, shift_)) {
      out_ += *cell;
      return left_.remove_prefix(word.size());
    }
    for (const bool is_column : {true, false}) {
      const auto first = ShiftAxis(word, is_column, shift_);
      const auto last = ShiftAxis(other, is_column, shift_);
      if (!first || !last) continue;
      out_ += fmt::format("{}:{}", *first, *last);
      return left_.remove_prefix(both);
    }
    Copy(word.size());
  }

  std::string_view left_;
  const FormulaShift shift_;
  std::string out_;
};

}  // namespace

std::string ShiftFormula(std::string_view formula, FormulaShift shift) {
  return Shifter(formula, shift).Run();
}

}  // namespace carrel::render
