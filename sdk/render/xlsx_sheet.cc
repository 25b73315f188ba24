#include "sdk/render/xlsx_sheet.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "runtime/base/text.h"
#include "sdk/render/formula_shift.h"

namespace carrel::render {
namespace {

constexpr size_t kFlushBytes = size_t{128} << 10;
constexpr size_t kMaxRowBytes = size_t{16} << 20;
constexpr size_t kMaxHeadBytes = size_t{4} << 20;

std::optional<uint32_t> ParseNumber(std::string_view text) {
  uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string Printable(std::string_view text) { return EscapeControls(Truncate(text, 40)); }

std::unexpected<Error> Bad(std::string message) { return Fail(Code::kInvalid, std::move(message)); }

}  // namespace

XlsxSheet::XlsxSheet(XmlScanner::Source template_xml, Start start, XlsxCellWriter::Epoch epoch,
                     XlsxStyles& styles, Sink sink)
    : scanner_(std::move(template_xml)),
      start_(start),
      epoch_(epoch),
      styles_(styles),
      sink_(std::move(sink)),
      next_row_(start.row) {
  out_.reserve(kFlushBytes * 2);
}

Status XlsxSheet::MaybeFlush() {
  if (out_.size() < kFlushBytes) return {};
  CARREL_TRY(sink_(out_));
  out_.clear();
  return {};
}

Status XlsxSheet::CheckStyle(std::string_view where, std::string_view style) const {
  const auto number = ParseNumber(style);
  if (number && *number < styles_.template_size()) return {};
  return Bad(fmt::format("{} has style {}, the workbook has styles 0 to {}", where,
                         Printable(style), styles_.template_size() - 1));
}

Status XlsxSheet::CheckColumn() const {
  const auto style = FindXmlAttribute(scanner_.raw(), "style");
  return style ? CheckStyle("a column", *style) : Status();
}

// The element at hand, begun by `token`, goes to the output and into `into`.
Status XlsxSheet::KeepHeadElement(XmlToken token, std::string& into) {
  const size_t outside = scanner_.depth() - (token == XmlToken::kStart ? 1 : 0);
  for (;;) {
    into += scanner_.raw();
    out_ += scanner_.raw();
    if (into.size() > kMaxHeadBytes) return Fail(Code::kLimit, "sheet head of more than 4 MiB");
    if (scanner_.local_name() == "col" && token != XmlToken::kEnd) CARREL_TRY(CheckColumn());
    if (scanner_.depth() == outside) return {};
    CARREL_ASSIGN_OR_RETURN(token, scanner_.Next());
  }
}

Status XlsxSheet::ReadRoot(XmlToken token) {
  const std::string_view local = scanner_.local_name();
  if (local != "worksheet" || token == XmlToken::kEmpty) {
    return Bad(fmt::format("expected a worksheet, found {}", Printable(local)));
  }
  const std::string_view name = scanner_.name();
  head_.prefix = name.substr(0, name.size() - local.size());
  head_.root_tag = scanner_.raw();
  return {};
}

// Where an element of the head is kept for further sheets, null when it is not.
std::string* XlsxSheet::KeptHead(std::string_view local_name) {
  if (local_name == "cols") return &head_.columns;
  if (local_name == "sheetViews") return &head_.views;
  if (local_name == "sheetFormatPr") return &head_.format;
  return nullptr;
}

Status XlsxSheet::CopyHead() {
  for (;;) {
    CARREL_ASSIGN_OR_RETURN(const XmlToken token, scanner_.Next());
    if (token == XmlToken::kFinished) return Bad("it has no sheetData");
    const bool opens = token == XmlToken::kStart || token == XmlToken::kEmpty;
    const size_t outside = scanner_.depth() - (token == XmlToken::kStart ? 1 : 0);
    const std::string_view local = scanner_.local_name();
    if (opens && outside == 0) CARREL_TRY(ReadRoot(token));
    if (opens && outside == 1 && local == "sheetData") {
      in_rows_ = token == XmlToken::kStart;
      out_ += fmt::format("<{}sheetData>", head_.prefix);
      return {};
    }
    // Out of date as soon as rows are added, and some readers believe it.
    if (opens && outside == 1 && local == "dimension") {
      std::string dropped;
      const size_t before = out_.size();
      CARREL_TRY(KeepHeadElement(token, dropped));
      out_.resize(before);
    } else if (std::string* into = opens && outside == 1 ? KeptHead(local) : nullptr) {
      CARREL_TRY(KeepHeadElement(token, *into));
    } else {
      out_ += scanner_.raw();
    }
    CARREL_TRY(MaybeFlush());
  }
}

Status XlsxSheet::Begin() {
  CARREL_TRY(CopyHead());
  cells_.emplace(head_.prefix, epoch_, styles_);
  common_cells_.emplace(head_.prefix, start_.column, epoch_, styles_);
  row_open_ = fmt::format("<{}row r=\"", head_.prefix);
  row_close_ = fmt::format("</{}row>", head_.prefix);
  if (in_rows_) CARREL_TRY(ReadTemplateRow());
  while (has_template_row_ && row_.number < start_.row) {
    const size_t before = out_.size();
    AppendTemplateRow();
    head_.rows.append(out_, before);
    // A header that long is no header: a further sheet does without it.
    if (head_.rows.size() > kMaxHeadBytes) head_.rows.clear();
    CARREL_TRY(MaybeFlush());
    CARREL_TRY(ReadTemplateRow());
  }
  return {};
}

Status XlsxSheet::ReadTemplateRow() {
  has_template_row_ = false;
  for (;;) {
    CARREL_ASSIGN_OR_RETURN(const XmlToken token, scanner_.Next());
    if (token == XmlToken::kEnd) {
      in_rows_ = false;
      return {};
    }
    if (token == XmlToken::kText || token == XmlToken::kOther) continue;
    if (scanner_.local_name() != "row") {
      return Bad(fmt::format("expected a row, found {}", Printable(scanner_.local_name())));
    }
    CARREL_TRY(ReadRowTag());
    if (token == XmlToken::kStart) CARREL_TRY(ReadRowContent());
    has_template_row_ = true;
    return {};
  }
}

Status XlsxSheet::ReadRowTag() {
  row_ = TemplateRow();
  row_.number = last_template_row_ + 1;
  std::optional<std::string> style;
  for (XmlAttributes attribute(scanner_.raw()); attribute.Next();) {
    if (attribute.name() == "r") {
      row_.number = ParseNumber(attribute.value()).value_or(0);
    } else if (attribute.name() != "spans") {
      row_.attributes.push_back(' ');
      row_.attributes += attribute.raw();
      if (attribute.name() == "s") style = attribute.value();
    }
  }
  if (row_.number <= last_template_row_ || row_.number > kMaxSheetRows) {
    return Bad(fmt::format("its rows are out of order after row {}", last_template_row_));
  }
  last_template_row_ = row_.number;
  return style ? CheckStyle(fmt::format("row {}", row_.number), *style) : Status();
}

Status XlsxSheet::ReadRowContent() {
  for (;;) {
    CARREL_ASSIGN_OR_RETURN(const XmlToken token, scanner_.Next());
    if (token == XmlToken::kEnd) return {};
    if (token == XmlToken::kText || token == XmlToken::kOther) continue;
    if (scanner_.local_name() == "extLst") {
      CARREL_TRY(ReadRowExtension(token));
      continue;
    }
    if (scanner_.local_name() != "c") {
      return Bad(fmt::format("row {}: expected a cell, found {}", row_.number,
                             Printable(scanner_.local_name())));
    }
    CARREL_TRY(ReadCell(token == XmlToken::kStart));
  }
}

// The element at hand, begun by `token`.
Status XlsxSheet::ReadRowExtension(XmlToken token) {
  const size_t outside = scanner_.depth() - (token == XmlToken::kStart ? 1 : 0);
  for (;;) {
    row_.extension += scanner_.raw();
    CARREL_TRY(CheckRowSize());
    if (scanner_.depth() == outside) return {};
    CARREL_TRY(scanner_.Next());
  }
}

Status XlsxSheet::CheckRowSize() const {
  if (row_.bytes.size() + row_.extension.size() <= kMaxRowBytes) return {};
  return Fail(Code::kLimit, fmt::format("row {} has more than 16 MiB", row_.number));
}

Status XlsxSheet::ReadCell(bool has_content) {
  TemplateCell cell;
  cell.begin = row_.bytes.size();
  CARREL_TRY(ReadCellTag(cell));
  if (has_content) CARREL_TRY(ReadCellContent(cell));
  CARREL_TRY(CheckRowSize());
  cell.end = row_.bytes.size();
  row_.cells.push_back(cell);
  return {};
}

Status XlsxSheet::ReadCellTag(TemplateCell& cell) {
  const uint32_t previous = row_.cells.empty() ? 0 : row_.cells.back().column;
  const std::string_view tag = scanner_.raw();
  cell.column = previous + 1;
  const auto reference = FindXmlAttribute(tag, "r");
  if (reference) {
    const auto at = ParseReference(*reference);
    if (!at || at->row != row_.number) {
      return Bad(fmt::format("row {}: it has a cell {}", row_.number, Printable(*reference)));
    }
    cell.column = at->column;
    row_.bytes += tag;
  } else {
    const size_t name_end = 1 + scanner_.name().size();
    row_.bytes += tag.substr(0, name_end);
    row_.bytes += fmt::format(" r=\"{}{}\"", ColumnName(cell.column), row_.number);
    row_.bytes += tag.substr(name_end);
  }
  if (cell.column <= previous || cell.column > kMaxSheetColumns) {
    return Bad(fmt::format("row {}: its cells are out of order", row_.number));
  }
  const auto style = FindXmlAttribute(tag, "s");
  if (!style) return {};
  cell.style = ParseNumber(*style).value_or(0);
  return CheckStyle(fmt::format("cell {}{}", ColumnName(cell.column), row_.number), *style);
}

Status XlsxSheet::ReadCellContent(TemplateCell& cell) {
  int depth = 1;
  while (depth > 0) {
    CARREL_ASSIGN_OR_RETURN(const XmlToken token, scanner_.Next());
    const size_t begin = row_.bytes.size();
    row_.bytes += scanner_.raw();
    CARREL_TRY(CheckRowSize());
    const bool formula = depth == 1 && scanner_.local_name() == "f";
    if (formula && token != XmlToken::kText) NoteFormula(cell, scanner_.raw(), begin);
    if (depth == 2 && token == XmlToken::kText && cell.formula_begin == cell.formula_end &&
        cell.formula_begin != 0) {
      cell.owns_shared_formula = cell.shared_formula >= 0;
    }
    if (token == XmlToken::kStart) ++depth;
    if (token == XmlToken::kEnd) --depth;
    if (depth == 1 && token == XmlToken::kEnd && scanner_.local_name() == "f") {
      cell.formula_end = row_.bytes.size();
    }
  }
  return {};
}

void XlsxSheet::NoteFormula(TemplateCell& cell, std::string_view tag, size_t tag_begin) {
  cell.formula_begin = tag_begin;
  cell.formula_text = tag_begin + tag.size();
  cell.formula_end = tag.ends_with("/>") ? cell.formula_text : tag_begin;
  if (FindXmlAttribute(tag, "t").value_or("") != "shared") return;
  const auto group = ParseNumber(FindXmlAttribute(tag, "si").value_or("")).value_or(0);
  cell.shared_formula = group;
}

void XlsxSheet::OpenRow(uint32_t number, std::string_view attributes) {
  char buffer[12];
  row_text_.assign(buffer, std::to_chars(buffer, buffer + sizeof buffer, number).ptr);
  out_ += row_open_;
  out_ += row_text_;
  out_.push_back('"');
  out_ += attributes;
  out_.push_back('>');
}

void XlsxSheet::AppendTemplateRow() {
  OpenRow(row_.number, row_.attributes);
  for (const TemplateCell& cell : row_.cells) AppendTemplateCell(cell);
  out_ += row_.extension;
  out_ += row_close_;
}

void XlsxSheet::AppendTemplateCell(const TemplateCell& cell) {
  const std::string_view bytes = row_.bytes;
  const auto orphan = cell.owns_shared_formula ? orphaned_formulas_.end()
                                               : orphaned_formulas_.find(cell.shared_formula);
  if (orphan == orphaned_formulas_.end()) {
    out_ += bytes.substr(cell.begin, cell.end - cell.begin);
    return;
  }
  const SharedFormula& formula = orphan->second;
  out_ += bytes.substr(cell.begin, cell.formula_begin - cell.begin);
  out_ += fmt::format("<{0}f>{1}</{0}f>", head_.prefix,
                      ShiftFormula(formula.text, {.rows = row_.number - formula.row,
                                                  .columns = cell.column - formula.column}));
  out_ += bytes.substr(cell.formula_end, cell.end - cell.formula_end);
}

void XlsxSheet::DropFormula(const TemplateCell& cell) {
  if (cell.formula_begin == cell.formula_end) return;
  lost_formulas_ = true;
  if (!cell.owns_shared_formula) return;
  const size_t end = row_.bytes.rfind("</", cell.formula_end - 1);
  orphaned_formulas_[cell.shared_formula] = {
      .text = row_.bytes.substr(cell.formula_text, end - cell.formula_text),
      .row = row_.number,
      .column = cell.column};
}

Status XlsxSheet::CopyRowsBelow(uint32_t limit) {
  while (has_template_row_ && row_.number < limit) {
    AppendTemplateRow();
    CARREL_TRY(MaybeFlush());
    CARREL_TRY(ReadTemplateRow());
  }
  return {};
}

std::string_view XlsxSheet::Reference(size_t index) {
  while (columns_.size() <= index) {
    columns_.push_back(ColumnName(start_.column + static_cast<uint32_t>(columns_.size())));
  }
  reference_ = columns_[index];
  reference_ += row_text_;
  return reference_;
}

Status XlsxSheet::AppendCell(size_t index, const Cell& cell, uint32_t style) {
  auto status = cells_->Append(out_, Reference(index), style, cell);
  if (status) return {};
  return Wrap(status.error(), fmt::format("column {}", index + 1));
}

Status XlsxSheet::AppendNewCells(Row row) {
  for (size_t i = 0;; ++i) {
    i = common_cells_->Append(out_, row_text_, row, i);
    if (i == row.size()) return {};
    CARREL_TRY(AppendCell(i, row[i], 0));
  }
}

// A value takes the place of the template's cell and keeps its style; None leaves it as it is.
Status XlsxSheet::MergeRow(Row row) {
  size_t next = 0;
  const auto column = [&](size_t i) { return start_.column + static_cast<uint32_t>(i); };
  for (const TemplateCell& old : row_.cells) {
    for (; next < row.size() && column(next) < old.column; ++next) {
      if (row[next].kind != CellKind::kNone) CARREL_TRY(AppendCell(next, row[next], 0));
    }
    const bool covered = next < row.size() && column(next) == old.column;
    if (covered && row[next].kind != CellKind::kNone) {
      DropFormula(old);
      CARREL_TRY(AppendCell(next, row[next], old.style));
    } else {
      AppendTemplateCell(old);
    }
    if (covered) ++next;
  }
  for (; next < row.size(); ++next) {
    if (row[next].kind != CellKind::kNone) CARREL_TRY(AppendCell(next, row[next], 0));
  }
  return {};
}

Status XlsxSheet::WriteRow(Row row) {
  if (row.size() > kMaxSheetColumns - start_.column + 1) {
    return Bad(fmt::format("{} cells from column {} on: a sheet has {} columns", row.size(),
                           start_.column, kMaxSheetColumns));
  }
  const uint32_t number = next_row_++;
  CARREL_TRY(CopyRowsBelow(number));
  if (has_template_row_ && row_.number == number) {
    OpenRow(number, row_.attributes);
    CARREL_TRY(MergeRow(row));
    out_ += row_.extension;
    out_ += row_close_;
    CARREL_TRY(ReadTemplateRow());
  } else {
    OpenRow(number, {});
    CARREL_TRY(AppendNewCells(row));
    out_ += row_close_;
  }
  return MaybeFlush();
}

Status XlsxSheet::Finish() {
  CARREL_TRY(CopyRowsBelow(kMaxSheetRows + 1));
  out_ += fmt::format("</{}sheetData>", head_.prefix);
  for (;;) {
    CARREL_ASSIGN_OR_RETURN(const XmlToken token, scanner_.Next());
    if (token == XmlToken::kFinished) break;
    if (scanner_.local_name() == "sheetData" && scanner_.depth() <= 2) {
      return Bad("it has two sheetData");
    }
    out_ += scanner_.raw();
    CARREL_TRY(MaybeFlush());
  }
  CARREL_TRY(sink_(out_));
  out_.clear();
  return {};
}

std::string ContinuationHead(const SheetHead& head) {
  std::string views;
  // Two selected sheets would be a group, edited together.
  for (std::string_view rest = head.views; !rest.empty();) {
    const size_t end = std::min(rest.find('>'), rest.size() - 1) + 1;
    views += WithoutXmlAttribute(rest.substr(0, end), "tabSelected");
    rest.remove_prefix(end);
  }
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n{0}{1}{2}{3}"
      "<{4}sheetData>{5}</{4}sheetData></{4}worksheet>",
      head.root_tag, views, head.format, head.columns, head.prefix, head.rows);
}

}  // namespace carrel::render
