#include "runtime/usage/processed_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "runtime/base/json.h"
#include "runtime/usage/cell_copier.h"
#include "runtime/usage/cell_text.h"
#include "runtime/usage/csv_reader.h"
#include "runtime/usage/record_load.h"
#include "runtime/usage/usage_tabs.h"

namespace carrel::usage {
namespace {

using render::TextCell;
using render::WorkbookCell;

constexpr double kWidth = 20;
constexpr double kErrorsWidth = 80;

// A column that the file keeps.
struct KeptColumn {
  size_t position = 0;  // in the spreadsheet
  std::string title;
  Takes takes = Takes::kText;
};

Takes TakenBy(Column column) {
  if (column == Column::kQuantity || column == Column::kAmount) return Takes::kNumber;
  return column == Column::kStart || column == Column::kEnd ? Takes::kTime : Takes::kText;
}

KeptColumn KeptFrom(size_t position, std::string_view name) {
  for (const ColumnRow& row : UsageColumns()) {
    if (name != row.name && name != row.old_name) continue;
    return {position, std::string(row.name), TakenBy(row.column)};
  }
  return {position, std::string(name)};
}

// Takes the rows of the spreadsheet beside the records that were made of them.
class Copyist final : public RowSink {
 public:
  Copyist(GeneratedBook& book, store::Statement& records, Epoch epoch)
      : book_(book), records_(records), epoch_(epoch), cells_(epoch, book.looks()) {}

  Status OnRow(const Row& row) override {
    const auto is_empty = [](const Cell& cell) { return cell.kind == CellKind::kEmpty; };
    if (std::ranges::all_of(row.cells, is_empty)) return {};
    return columns_.empty() ? WriteHeader(row) : WriteRecord(row);
  }

  Status Finish() {
    CARREL_ASSIGN_OR_RETURN(const bool more, records_.Step());
    if (more || columns_.empty()) return DoesNotFit();
    return book_.sheets().EndSheet();
  }

  // How often each code was given.
  const std::map<std::string, int64_t>& codes() const { return codes_; }

 private:
  static Status DoesNotFit() {
    return Fail(Code::kInternal, "the spreadsheet does not fit the records that were read from it");
  }

  Status WriteHeader(const Row& row) {
    render::SheetOptions options{
        .name = std::string(kRecordsTab), .freeze_rows = 1, .filter = render::Filter::kAutoFilter};
    std::vector<std::string> titles;
    TextArena arena;
    for (size_t i = 0; i < row.cells.size(); ++i) {
      const std::string_view name = Trim(CellText(row.cells[i], epoch_, arena));
      if (name.empty() || name == kErrorsColumn) continue;
      columns_.push_back(KeptFrom(i, name));
      titles.push_back(columns_.back().title);
      const bool is_text = columns_.back().takes != Takes::kNumber;
      options.columns.push_back({kWidth, is_text ? book_.looks().text : 0});
    }
    titles.emplace_back(kErrorsColumn);
    options.columns.push_back({kErrorsWidth, 0});
    comments_.resize(columns_.size());
    CARREL_TRY(book_.sheets().BeginSheet(std::move(options)));
    return book_.WriteTitles(titles);
  }

  Status WriteRecord(const Row& row) {
    CARREL_ASSIGN_OR_RETURN(const bool found, records_.Step());
    if (!found || records_.Integer(0) != row.number) return DoesNotFit();
    cells_.Clear();
    row_.clear();
    for (const KeptColumn& column : columns_) {
      const bool is_there = column.position < row.cells.size();
      row_.push_back(is_there ? cells_.Copy(row.cells[column.position], column.takes)
                              : WorkbookCell());
    }
    if (!records_.IsNull(1)) CARREL_TRY(MarkErrors(records_.Text(1)));
    return book_.sheets().WriteRow(row_);
  }

  Status MarkErrors(std::string_view stored) {
    CARREL_ASSIGN_OR_RETURN(const Json errors, ParseJson(stored));
    all_errors_.clear();
    for (std::string& comment : comments_) comment.clear();
    for (const Json& error : errors) {
      const std::string code = JsonString(error, "code");
      const std::string name = JsonString(error, "column");
      const std::string message = JsonString(error, "message");
      ++codes_[code];
      AddLine(all_errors_, fmt::format("{} {}: {}", code, name, message));
      const auto column = std::ranges::find(columns_, name, &KeptColumn::title);
      // What is missing may be missing because its column is.
      if (column == columns_.end()) continue;
      AddLine(comments_[static_cast<size_t>(column - columns_.begin())],
              fmt::format("{}: {}", code, message));
    }
    for (size_t i = 0; i < columns_.size(); ++i) Outline(columns_[i], row_[i], comments_[i]);
    row_.push_back({TextCell(all_errors_)});
    return {};
  }

  void Outline(const KeptColumn& column, WorkbookCell& cell, const std::string& comment) {
    if (comment.empty()) return;
    const GeneratedBook::Looks& looks = book_.looks();
    const render::CellKind kind = cell.value.kind;
    const bool is_text = kind == render::CellKind::kText || kind == render::CellKind::kNone;
    if (cell.style == looks.time) {
      cell.style = looks.bad_time;
    } else {
      cell.style = is_text && column.takes != Takes::kNumber ? looks.bad_text : looks.bad;
    }
    if (comment_count_ == kMostComments) return;
    ++comment_count_;
    cell.comment = comment;
  }

  static void AddLine(std::string& text, std::string_view line) {
    if (!text.empty()) text += '\n';
    text += line;
  }

  GeneratedBook& book_;
  store::Statement& records_;  // sheet_row, errors
  const Epoch epoch_;
  CellCopier cells_;
  std::vector<KeptColumn> columns_;
  std::map<std::string, int64_t> codes_;
  int64_t comment_count_ = 0;
  // Of the row under way.
  std::vector<WorkbookCell> row_;
  std::vector<std::string> comments_;
  std::string all_errors_;
};

Status CopyRecords(const ProcessedRequest& request, store::Statement& records, GeneratedBook& book,
                   std::map<std::string, int64_t>& codes) {
  std::unique_ptr<Workbook> workbook;
  const bool is_workbook = IsWorkbook(request.spreadsheet);
  if (is_workbook) {
    WorkbookOptions options;
    options.threads = Threads::kTwo;
    options.temp_directory = request.directory;
    CARREL_ASSIGN_OR_RETURN(workbook, Workbook::Open(request.spreadsheet, options));
  }
  Copyist copyist(book, records, is_workbook ? workbook->epoch() : Epoch::k1900);
  if (is_workbook) {
    const auto tabs = FindTabs(*workbook);
    if (!tabs) return Fail(Code::kInternal, tabs.error().message);
    CARREL_TRY(workbook->Read(*tabs->records, copyist));
  } else {
    CsvOptions options;
    options.threads = Threads::kTwo;
    CARREL_TRY(ReadCsv(request.spreadsheet, options, copyist));
  }
  CARREL_TRY(copyist.Finish());
  codes = copyist.codes();
  return {};
}

Status WriteSummary(const RecordCounts& counts, const std::map<std::string, int64_t>& codes,
                    GeneratedBook& book) {
  render::WorkbookWriter& sheets = book.sheets();
  CARREL_TRY(
      sheets.BeginSheet({.name = "summary", .columns = {{kWidth, 0}, {kWidth, 0}, {60, 0}}}));
  const std::vector<std::string> titles = {"records", "count", "meaning"};
  CARREL_TRY(book.WriteTitles(titles));
  const std::pair<std::string_view, int64_t> lines[] = {
      {"all", counts.all}, {"valid", counts.valid}, {"invalid", counts.all - counts.valid}};
  for (const auto& [name, count] : lines) {
    CARREL_TRY(sheets.WriteRow({{TextCell(name)}, {render::IntegerCell(count)}}));
  }
  for (const UsageCodeRow& row : UsageCodes()) {
    const std::string name = UsageCodeName(row.code);
    const auto found = codes.find(name);
    if (found == codes.end()) continue;
    CARREL_TRY(sheets.WriteRow(
        {{TextCell(name)}, {render::IntegerCell(found->second)}, {TextCell(row.meaning)}}));
  }
  return sheets.EndSheet();
}

}  // namespace

Status WriteProcessedFile(store::Transaction& transaction, const ProcessedRequest& request,
                          GeneratedBook& book) {
  const UsageFile& file = request.file;
  CARREL_TRY(book.WriteFacts("general", GeneralFacts(file)));
  CARREL_TRY(book.WriteCategories(transaction, file.load));
  CARREL_ASSIGN_OR_RETURN(
      auto records, store::Query(transaction,
                                 "SELECT sheet_row, errors FROM usage_records WHERE key > ? AND "
                                 "key < ? ORDER BY key",
                                 file.load * kRecordsInLoad, (file.load + 1) * kRecordsInLoad));
  std::map<std::string, int64_t> codes;
  CARREL_TRY(CopyRecords(request, *records, book, codes));
  CARREL_TRY(WriteSummary(file.counts, codes, book));
  return book.Finish();
}

}  // namespace carrel::usage
