#include "runtime/usage/cell_copier.h"

#include <fmt/format.h>

#include "runtime/base/decimal.h"
#include "runtime/usage/cell_text.h"
#include "runtime/usage/time_parser.h"
#include "sdk/render/workbook_text.h"
#include "sdk/render/xlsx_cell.h"

namespace carrel::usage {

namespace {

constexpr std::string_view kNoDay = "2958466";  // the day after 9999-12-31

}  // namespace

using render::TextCell;
using render::WorkbookCell;

WorkbookCell CellCopier::Copy(const Cell& cell, Takes takes) {
  switch (cell.kind) {
    case CellKind::kEmpty:
      break;
    case CellKind::kText:
      return TextIn(takes, cell.text);
    case CellKind::kNumber:
      return cell.date_style ? Day(cell.text, takes) : Number(cell.text, takes);
    case CellKind::kBool:
      return {.value = {.kind = render::CellKind::kBool, .integer = cell.text == "1" ? 1 : 0}};
    case CellKind::kError:
      // Excel repairs a workbook with an error that it does not know.
      return {.value = TextCell(render::IsErrorText(cell.text) ? cell.text : "#VALUE!"),
              .form = render::CellForm::kError};
    case CellKind::kDate:
      return IsoDay(cell.text, takes);
    case CellKind::kNoValue:
      return {.form = render::CellForm::kNoResult};
  }
  return {};
}

WorkbookCell CellCopier::Text(std::string_view text) const { return {TextCell(text), looks_.text}; }

// A text that is neither a number nor a time.
WorkbookCell CellCopier::Unreadable(std::string_view what, std::string_view text) {
  return Text(arena_.Copy(fmt::format("{} {}", what, text)));
}

WorkbookCell CellCopier::TextIn(Takes takes, std::string_view text) {
  if (takes == Takes::kText) return Text(text);
  if (text.size() > render::kMaxCellText) return LongText(takes, text);
  if (takes == Takes::kTime) return Text(text);
  const auto number = Decimal::Parse(text);
  if (!number) return {TextCell(text)};
  // A number cell when that gives back this very text.
  const bool is_plain = SignificantDigits(*number) <= kSureDigits && number->ToString() == text;
  return is_plain ? WorkbookCell{render::DecimalCell(text)} : Text(text);
}

// What a cell has no room for must not become another number or time by losing its end. What is
// none stays as it is, as far as there is room, when that has the same fault.
WorkbookCell CellCopier::LongText(Takes takes, std::string_view text) {
  const std::string_view kept = Trim(text.substr(0, render::kMaxCellText));
  const auto has_same_fault = [&](const auto& whole, const auto& cut) {
    return !kept.empty() && !cut && cut.error() == whole.error();
  };
  if (takes == Takes::kNumber) {
    const auto number = Decimal::Parse(Trim(text));
    if (number) return NumberCell(*number, arena_);
    if (has_same_fault(number, Decimal::Parse(kept))) return Text(text);
  } else {
    const auto time = ParseTime(Trim(text));
    if (time) return Text(arena_.Copy(FormatTime(*time)));
    if (has_same_fault(time, ParseTime(kept))) return Text(text);
  }
  return Unreadable("text", text);
}

// A number that is shown as a number. As a time it is refused, so it must not become a text.
WorkbookCell CellCopier::Number(std::string_view text, Takes takes) {
  if (takes == Takes::kTime) {
    return render::IsNumberText(text) ? WorkbookCell{render::DecimalCell(text)} : Text(text);
  }
  const auto number = Decimal::ParseSpreadsheet(text);
  return number ? NumberCell(*number, arena_) : Text(text);
}

// A number that is shown as a day, which in a column of numbers must not become one.
WorkbookCell CellCopier::Day(std::string_view text, Takes takes) {
  if (const auto time = ParseDayNumber(text, epoch_)) return {render::DateTimeCell(*time)};
  if (takes == Takes::kText) return Number(text, takes);
  if (!render::IsNumberText(text)) return Unreadable("date", text);
  // A workbook of 1904 ends earlier; behind its end must not become a day of one of 1900.
  const bool is_day = ParseDayNumber(text, Epoch::k1900).has_value();
  return {render::DecimalCell(is_day ? kNoDay : text), looks_.time};
}

WorkbookCell CellCopier::IsoDay(std::string_view text, Takes takes) {
  if (takes != Takes::kNumber) return TextIn(takes, text);
  if (const auto time = ParseTime(Trim(text))) return {render::DateTimeCell(*time)};
  return Unreadable("date", text);
}

}  // namespace carrel::usage
