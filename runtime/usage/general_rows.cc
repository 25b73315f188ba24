#include "runtime/usage/general_rows.h"

#include <fmt/format.h>

#include <charconv>

#include "runtime/base/text.h"
#include "runtime/usage/xml_section.h"
#include "runtime/usage/xml_text.h"

namespace carrel::usage {
namespace {

using render::XmlToken;

// Depths of the elements; everything else is looked at no further.
constexpr size_t kSheetData = 2;
constexpr size_t kRow = 3;
constexpr size_t kCell = 4;
constexpr size_t kPart = 5;    // v, f, is
constexpr size_t kInline = 6;  // t or r of is
constexpr size_t kRun = 7;     // t of r

std::string Printable(std::string_view text) {
  return EscapeControls(Truncate(ToUtf8(text.substr(0, 60)), 40));
}

bool ReadWhole(std::string_view text, uint32_t& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

std::string_view FaultText(CellFault fault) {
  switch (fault) {
    case CellFault::kBadIndex:
      return "the number of a shared string is no number";
    case CellFault::kNoSuchString:
      return "a shared string that the workbook does not have";
    case CellFault::kBadBool:
      return "a boolean that is neither 0 nor 1";
    case CellFault::kUnknownType:
      return "a cell of unknown type";
    case CellFault::kNone:
      break;
  }
  return "";
}

}  // namespace

std::unexpected<Error> GeneralRows::BadCell(std::string_view what) const {
  return Fail(Code::kInvalid,
              fmt::format("{}: {}", CellAddress(context_.tab, row_number_, column_), what));
}

std::unexpected<Error> GeneralRows::BadSheet(std::string_view what) const {
  return Fail(Code::kInvalid, fmt::format("sheet {}: {}", context_.tab, what));
}

Status GeneralRows::Run(RowSink& sink) {
  for (;;) {
    const auto token = scanner_.Next();
    if (!token) return Wrap(token.error(), fmt::format("sheet {}", context_.tab));
    const size_t depth = scanner_.depth() + (*token == XmlToken::kStart ? 0 : 1);
    switch (*token) {
      case XmlToken::kFinished:
        return {};
      case XmlToken::kStart:
        CARREL_TRY(OnStart(depth, sink, false));
        break;
      case XmlToken::kEmpty:
        CARREL_TRY(OnStart(depth, sink, true));
        break;
      case XmlToken::kEnd:
        CARREL_TRY(OnEnd(depth, sink));
        break;
      default:
        if (in_text_) CARREL_TRY(OnText(*token));
    }
  }
}

Status GeneralRows::OnStart(size_t depth, RowSink& sink, bool closed) {
  const std::string_view name = scanner_.local_name();
  in_text_ = false;
  if (depth == kSheetData && name == "sheetData" && ++sheet_data_ > 1) {
    return BadSheet("two elements sheetData");
  }
  if (depth == kRow && name == "row") CARREL_TRY(BeginRow());
  if (depth == kCell && in_row_ && name == "c") CARREL_TRY(BeginCell());
  if (depth == kPart && in_cell_) {
    parts_.has_formula = parts_.has_formula || name == "f";
    in_text_ = name == "v" && parts_.type != CellType::kInline;
    in_inline_ = name == "is" && parts_.type == CellType::kInline;
  }
  if (depth == kInline && in_inline_) {
    in_run_ = name == "r";
    in_text_ = name == "t";
  }
  if (depth == kRun && in_inline_ && in_run_) in_text_ = name == "t";
  text_begin_ = text_.size();
  if (closed) return OnEnd(depth, sink);
  return {};
}

Status GeneralRows::OnEnd(size_t depth, RowSink& sink) {
  if (in_text_ && in_inline_) UnescapeWorkbookTail(text_, text_begin_, arena_);
  in_text_ = false;
  if (depth == kRow && in_row_) return EndRow(sink);
  if (depth == kCell && in_cell_) return EndCell();
  if (depth == kPart) in_inline_ = false;
  if (depth == kInline) in_run_ = false;
  return {};
}

Status GeneralRows::OnText(XmlToken token) {
  const size_t before = text_.size();
  if (!AppendXmlToken(token, scanner_.raw(), text_)) return BadCell("text that is not XML");
  row_bytes_ += text_.size() - before;
  if (text_.size() > context_.limits.max_cell_bytes) {
    return Fail(Code::kLimit,
                fmt::format("{}: more than {}", CellAddress(context_.tab, row_number_, column_),
                            HumanBytes(context_.limits.max_cell_bytes)));
  }
  if (row_bytes_ > context_.limits.max_row_bytes) {
    return Fail(Code::kLimit, fmt::format("sheet {}, row {}: more than {}", context_.tab,
                                          row_number_, HumanBytes(context_.limits.max_row_bytes)));
  }
  return {};
}

Status GeneralRows::BeginRow() {
  const auto number = render::FindXmlAttribute(scanner_.raw(), "r");
  uint32_t next = row_number_ + 1;
  if (number && !ReadWhole(*number, next)) {
    return BadSheet(fmt::format("row number '{}'", Printable(*number)));
  }
  if (next <= row_number_) {
    return BadSheet(fmt::format("row {} behind row {}", next, row_number_));
  }
  if (next > context_.limits.max_rows) {
    return Fail(Code::kLimit, fmt::format("sheet {}: row {}, at most {} are read", context_.tab,
                                          next, context_.limits.max_rows));
  }
  row_number_ = next;
  row_bytes_ = 0;
  cells_.Clear();
  arena_.Clear();
  in_row_ = true;
  return {};
}

Status GeneralRows::EndRow(RowSink& sink) {
  in_row_ = false;
  if (cells_.size() == 0) return {};
  return sink.OnRow({row_number_, cells_.cells()});
}

Status GeneralRows::ReadReference(std::string_view reference) {
  const std::string ended(reference);
  const char* at = ended.c_str();
  column_ = ReadColumn(at);
  uint32_t row = 0;
  if (column_ == SIZE_MAX || !ReadWhole(at, row)) {
    column_ = cells_.size();
    return BadCell(fmt::format("cell reference '{}'", Printable(reference)));
  }
  if (row != row_number_) {
    return BadSheet(fmt::format("cell {} in row {}", Printable(reference), row_number_));
  }
  if (column_ < cells_.size()) {
    return BadCell(fmt::format("it stands behind column {}", ColumnName(cells_.size() - 1)));
  }
  return {};
}

Status GeneralRows::BeginCell() {
  parts_ = {};
  text_.clear();
  column_ = cells_.size();
  for (render::XmlAttributes attributes(scanner_.raw()); attributes.Next();) {
    const std::string_view name = attributes.name();
    if (name == "r") CARREL_TRY(ReadReference(attributes.value()));
    if (name == "t") parts_.type = CellTypeOf(attributes.value());
    uint32_t style = 0;
    if (name == "s" && !attributes.value().empty()) {
      if (!ReadWhole(attributes.value(), style)) return BadCell("a style that is no number");
      const auto& dates = *context_.date_styles;
      parts_.date_style = style < dates.size() && dates[style];
    }
  }
  if (column_ >= context_.limits.max_columns) {
    return Fail(Code::kLimit,
                fmt::format("sheet {}, row {}: column {}, at most {} are read", context_.tab,
                            row_number_, ColumnName(column_), context_.limits.max_columns));
  }
  in_cell_ = true;
  in_inline_ = false;
  in_run_ = false;
  return {};
}

Status GeneralRows::EndCell() {
  in_cell_ = false;
  parts_.text = arena_.Copy(text_);
  const CellFault fault = MakeCell(parts_, context_.strings, arena_, cells_.Put(column_));
  if (fault != CellFault::kNone) return BadCell(FaultText(fault));
  return {};
}

}  // namespace carrel::usage
