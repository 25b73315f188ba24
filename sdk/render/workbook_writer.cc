#include "sdk/render/workbook_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "runtime/base/text.h"
#include "runtime/base/zip_writer.h"
#include "sdk/render/fold_case.h"
#include "sdk/render/workbook_comments.h"
#include "sdk/render/workbook_package.h"
#include "sdk/render/workbook_sheet.h"
#include "sdk/render/workbook_text.h"
#include "sdk/render/xlsx_styles.h"

namespace carrel::render {
namespace {

constexpr ZipWriter::EntryOptions kStreamOptions = {.growth = ZipWriter::Growth::kAny};
constexpr ZipWriter::EntryOptions kPartOptions = {};
constexpr size_t kFlushBytes = size_t{128} << 10;

bool IsDigits(const Cell& cell) {
  return cell.kind == CellKind::kDecimal || cell.kind == CellKind::kBigInteger;
}

// "NaN", "-Infinity", "sNaN": empty cells, as in every xlsx file of ours.
bool IsNoNumber(std::string_view text) {
  const std::string lower = FoldCase(text);
  return lower.find("nan") != lower.npos || lower.find("inf") != lower.npos;
}

}  // namespace

struct WorkbookWriter::Book {
  Book(int fd, Options the_options, XlsxStyles the_styles)
      : options(std::move(the_options)),
        zip(fd, options.threading),
        styles(std::move(the_styles)),
        cells("", XlsxCellWriter::Epoch::k1900, styles) {}

  const Options options;
  ZipWriter zip;
  XlsxStyles styles;
  XlsxCellWriter cells;
  StyleId style_count = 1;                         // ids below may be used
  std::vector<WrittenSheet> sheets;                // the open one included
  std::set<std::string> sheet_names, table_names;  // in lower case
  std::vector<std::string> list_sources;           // sheets that validations name
  uint32_t tables = 0;
  uint32_t clusters = 0;  // of comments' shapes
  bool has_front = false;
};

struct WorkbookWriter::Sheet {
  Sheet(SheetOptions the_options, const std::filesystem::path& spill)
      : options(std::move(the_options)), comments(spill) {}

  const SheetOptions options;
  WorkbookComments comments;
  std::string out;                   // rows that are not in the zip yet
  std::string row_text, reference;   // "7", "B7"
  std::vector<std::string> columns;  // "A", "B", ...
  std::vector<std::string> headers;  // of the filter
  uint32_t header_width = 0;
};

WorkbookWriter::WorkbookWriter(std::unique_ptr<Book> book) : book_(std::move(book)) {}
WorkbookWriter::~WorkbookWriter() = default;

Result<std::unique_ptr<WorkbookWriter>> WorkbookWriter::Create(int fd, Options options) {
  if (options.spill_directory.empty()) {
    std::error_code error;
    options.spill_directory = std::filesystem::temp_directory_path(error);
    if (error) options.spill_directory = "/tmp";
  }
  auto book = std::make_unique<Book>(fd, std::move(options), XlsxStyles::New(kSheetNamespace));
  CARREL_TRY(book->zip.Add("_rels/.rels", RootRelationsXml(), kPartOptions));
  return std::unique_ptr<WorkbookWriter>(new WorkbookWriter(std::move(book)));
}

Result<StyleId> WorkbookWriter::AddStyle(const CellStyle& style) {
  CARREL_ASSIGN_OR_RETURN(const StyleId id, book_->styles.Add(style));
  book_->style_count = std::max(book_->style_count, id + 1);
  return id;
}

Status WorkbookWriter::ClaimNames(const SheetOptions& options) {
  CARREL_TRY(CheckSheetOptions(options));
  if (!book_->sheet_names.insert(FoldCase(options.name)).second) {
    return Fail(Code::kInvalid, "another sheet has this name");
  }
  if (options.filter == Filter::kTable &&
      !book_->table_names.insert(FoldCase(options.table_name)).second) {
    return Fail(Code::kInvalid, "another table has the name " + options.table_name);
  }
  for (const SheetColumn& column : options.columns) {
    if (column.style >= book_->style_count) return Fail(Code::kInternal, "unknown style");
  }
  for (const Validation& validation : options.validations) {
    const auto* list = std::get_if<Validation::ListFrom>(&validation.rule);
    if (list != nullptr) book_->list_sources.push_back(list->sheet);
  }
  return {};
}

Status WorkbookWriter::BeginSheet(SheetOptions options) {
  if (sheet_ != nullptr) return Fail(Code::kInternal, "workbook: a sheet begun within a sheet");
  if (auto status = ClaimNames(options); !status) {
    return Wrap(status.error(),
                fmt::format("sheet \"{}\"", EscapeControls(Truncate(ToUtf8(options.name), 40))));
  }
  const bool front = !book_->has_front && options.visibility == Visibility::kVisible;
  book_->has_front |= front;
  WrittenSheet& written = book_->sheets.emplace_back();
  written.name = options.name;
  written.visibility = options.visibility;
  sheet_ = std::make_unique<Sheet>(std::move(options), book_->options.spill_directory);
  next_row_ = 1;
  const std::string part = fmt::format("xl/worksheets/sheet{}.xml", book_->sheets.size());
  CARREL_TRY(book_->zip.Begin(part, kStreamOptions));
  sheet_->out = SheetHeadXml(sheet_->options, front ? Front::kYes : Front::kNo);
  return {};
}

Status WorkbookWriter::AppendValue(std::string_view reference, const WorkbookCell& cell) {
  XlsxCellWriter& cells = book_->cells;
  if (cell.form == CellForm::kNoResult) {
    cells.AppendNoResult(sheet_->out, reference, cell.style);
    return {};
  }
  if (cell.form == CellForm::kError) {
    if (!IsErrorText(cell.value.text)) return Fail(Code::kInternal, "unknown error of a cell");
    cells.AppendError(sheet_->out, reference, cell.style, cell.value.text);
    return {};
  }
  if (cell.value.kind == CellKind::kText) {
    return cells.AppendPlainText(sheet_->out, reference, cell.style, cell.value.text);
  }
  return IsDigits(cell.value) ? AppendDigits(reference, cell)
                              : cells.Append(sheet_->out, reference, cell.style, cell.value);
}

Status WorkbookWriter::AppendDigits(std::string_view reference, const WorkbookCell& cell) {
  std::string_view digits = cell.value.text;
  if (IsNoNumber(digits)) return book_->cells.Append(sheet_->out, reference, cell.style, Cell{});
  if (digits.starts_with('+')) digits.remove_prefix(1);
  if (!IsNumberText(digits)) {
    return Fail(Code::kInvalid, fmt::format("found \"{}\", expected a number that a workbook holds",
                                            EscapeControls(Truncate(ToUtf8(digits), 40))));
  }
  if (cell.style == 0) {
    fmt::format_to(std::back_inserter(sheet_->out), "<c r=\"{}\"><v>{}</v></c>", reference, digits);
  } else {
    fmt::format_to(std::back_inserter(sheet_->out), "<c r=\"{}\" s=\"{}\"><v>{}</v></c>", reference,
                   cell.style, digits);
  }
  return {};
}

Status WorkbookWriter::WriteCell(uint32_t column, const WorkbookCell& cell) {
  if (cell.style >= book_->style_count) return Fail(Code::kInternal, "unknown style");
  const bool is_blank = cell.value.kind == CellKind::kNone && cell.form == CellForm::kValue;
  if (!is_blank || cell.style != 0) {
    std::vector<std::string>& columns = sheet_->columns;
    while (columns.size() < column) {
      columns.push_back(ColumnName(static_cast<uint32_t>(columns.size()) + 1));
    }
    sheet_->reference = columns[column - 1];
    sheet_->reference += sheet_->row_text;
    CARREL_TRY(AppendValue(sheet_->reference, cell));
  }
  if (cell.comment.empty()) return {};
  auto status = sheet_->comments.Add(next_row_, column, cell.comment);
  if (!status) return Wrap(status.error(), "comment");
  return {};
}

Status WorkbookWriter::NoteHeader(std::span<const WorkbookCell> cells) {
  sheet_->header_width = static_cast<uint32_t>(cells.size());
  if (sheet_->options.filter != Filter::kTable) return {};
  for (const WorkbookCell& cell : cells) {
    if (cell.value.kind != CellKind::kText) {
      return Fail(Code::kInvalid, "a table's header: expected text in each cell");
    }
    sheet_->headers.emplace_back(cell.value.text);
  }
  return {};
}

Status WorkbookWriter::CheckRow(std::span<const WorkbookCell> cells) {
  if (!HasRoom()) return Fail(Code::kLimit, "a sheet has no more rows");
  if (cells.size() > kMaxSheetColumns) {
    return Fail(Code::kInvalid,
                fmt::format("{} cells: a sheet has {} columns", cells.size(), kMaxSheetColumns));
  }
  const SheetOptions& options = sheet_->options;
  const bool header = options.filter != Filter::kNone && next_row_ == options.header_row;
  return header ? NoteHeader(cells) : Status();
}

Status WorkbookWriter::WriteRow(std::span<const WorkbookCell> cells) {
  if (sheet_ == nullptr) return Fail(Code::kInternal, "workbook: a row outside of a sheet");
  const auto place = [&] {
    return fmt::format("sheet \"{}\", row {}", sheet_->options.name, next_row_);
  };
  if (auto status = CheckRow(cells); !status) return Wrap(status.error(), place());
  if (!cells.empty()) {
    char buffer[12];
    sheet_->row_text.assign(buffer, std::to_chars(buffer, buffer + sizeof buffer, next_row_).ptr);
    sheet_->out += "<row r=\"";
    sheet_->out += sheet_->row_text;
    sheet_->out += "\">";
    for (uint32_t i = 0; i < cells.size(); ++i) {
      auto status = WriteCell(i + 1, cells[i]);
      if (!status) {
        return Wrap(status.error(), fmt::format("{}, column {}", place(), ColumnName(i + 1)));
      }
    }
    sheet_->out += "</row>";
  }
  ++next_row_;
  return sheet_->out.size() < kFlushBytes ? Status() : FlushSheet();
}

Status WorkbookWriter::FlushSheet() {
  CARREL_TRY(book_->zip.Write(sheet_->out));
  sheet_->out.clear();
  return {};
}

// From the header to the last row; a table has one row at least, be it empty.
Result<CellRange> WorkbookWriter::FilterRange() const {
  const SheetOptions& options = sheet_->options;
  if (sheet_->header_width == 0) {
    return Fail(Code::kInvalid, fmt::format("sheet \"{}\": row {}, the filter's header, is empty",
                                            options.name, options.header_row));
  }
  const uint32_t least = options.header_row + (options.filter == Filter::kTable ? 1 : 0);
  return CellRange{options.header_row, 1, std::max(next_row_ - 1, least), sheet_->header_width};
}

Status WorkbookWriter::EndSheet() {
  if (sheet_ == nullptr) return Fail(Code::kInternal, "workbook: no sheet to end");
  const SheetOptions& options = sheet_->options;
  WrittenSheet& written = book_->sheets.back();
  SheetTail tail;
  CellRange range;
  if (options.filter != Filter::kNone) {
    CARREL_ASSIGN_OR_RETURN(range, FilterRange());
  }
  if (options.filter == Filter::kAutoFilter) {
    tail.filter_range = RangeName(range);
    written.filter_range = SheetRangeName(options.name, range);
  } else if (options.filter == Filter::kTable) {
    written.table = ++book_->tables;
    tail.table_id = kTableId;
  }
  written.has_comments = sheet_->comments.count() != 0;
  if (written.has_comments) tail.comments_id = kBoxesId;
  CARREL_ASSIGN_OR_RETURN(const std::string xml, SheetTailXml(options, tail));
  sheet_->out += xml;
  CARREL_TRY(FlushSheet());
  CARREL_TRY(book_->zip.End());
  CARREL_TRY(WriteSheetParts(RangeName(range)));
  sheet_.reset();
  return {};
}

Status WorkbookWriter::WriteSheetParts(const std::string& filter_range) {
  const WrittenSheet& written = book_->sheets.back();
  CARREL_TRY(WriteComments());
  if (written.table != 0) CARREL_TRY(WriteTable(filter_range));
  const size_t number = book_->sheets.size();
  const std::string relations = SheetRelationsXml(written, number);
  if (relations.empty()) return {};
  return book_->zip.Add(fmt::format("xl/worksheets/_rels/sheet{}.xml.rels", number), relations,
                        kPartOptions);
}

Status WorkbookWriter::WriteComments() {
  WorkbookComments& comments = sheet_->comments;
  if (comments.count() == 0) return {};
  const size_t number = book_->sheets.size();
  const auto sink = [&](std::string_view bytes) { return book_->zip.Write(bytes); };
  CARREL_TRY(book_->zip.Begin(fmt::format("xl/comments{}.xml", number), kStreamOptions));
  CARREL_TRY(comments.WriteTexts(book_->options.comment_author, sink));
  CARREL_TRY(book_->zip.End());
  CARREL_TRY(book_->zip.Begin(fmt::format("xl/drawings/vmlDrawing{}.vml", number), kStreamOptions));
  CARREL_TRY(comments.WriteBoxes(book_->clusters + 1, sink));
  book_->clusters += comments.clusters();
  return book_->zip.End();
}

Status WorkbookWriter::WriteTable(const std::string& range) {
  const uint32_t id = book_->tables;
  auto xml = TableXml(sheet_->options, id, range, sheet_->headers);
  if (!xml) {
    return Wrap(xml.error(), fmt::format("sheet \"{}\", table {}", sheet_->options.name,
                                         sheet_->options.table_name));
  }
  return book_->zip.Add(fmt::format("xl/tables/table{}.xml", id), *xml, kPartOptions);
}

Status WorkbookWriter::Finish() {
  if (sheet_ != nullptr) return Fail(Code::kInternal, "workbook: finished within a sheet");
  for (const std::string& source : book_->list_sources) {
    if (book_->sheet_names.contains(FoldCase(source))) continue;
    return Fail(Code::kInvalid, fmt::format("a validation's list is in sheet \"{}\", which the "
                                            "workbook does not have",
                                            EscapeControls(source)));
  }
  CARREL_ASSIGN_OR_RETURN(const std::string workbook, WorkbookXml(book_->sheets));
  ZipWriter& zip = book_->zip;
  CARREL_TRY(zip.Add("xl/workbook.xml", workbook, kPartOptions));
  CARREL_TRY(
      zip.Add("xl/_rels/workbook.xml.rels", WorkbookRelationsXml(book_->sheets), kPartOptions));
  CARREL_TRY(zip.Add("xl/styles.xml", book_->styles.Serialize(), kPartOptions));
  CARREL_TRY(zip.Add("[Content_Types].xml", ContentTypesXml(book_->sheets), kPartOptions));
  return zip.Finish();
}

}  // namespace carrel::render
