// Writes a workbook from nothing, as a stream: files that the runtime generates and that people
// open in Excel or LibreOffice. (A report's xlsx renderer fills a template instead.) The same
// calls give the same bytes.
//
//   auto book = WorkbookWriter::Create(fd, {});
//   auto bad = (*book)->AddStyle({.border = BorderLine::kMedium, .border_color = 0xC00000});
//   (*book)->BeginSheet({.name = "records", .freeze_rows = 1, .filter = Filter::kAutoFilter});
//   (*book)->WriteRow({{TextCell("id")}, {TextCell("quantity")}});
//   (*book)->WriteRow({{TextCell("a")}, {DecimalCell("0.10"), *bad, "USG_007: ..."}});
//   (*book)->EndSheet();
//   (*book)->Finish();
#pragma once

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "runtime/base/block_pipe.h"
#include "runtime/base/result.h"
#include "sdk/render/cell.h"
#include "sdk/render/cell_style.h"
#include "sdk/render/xlsx_cell.h"

namespace carrel::render {

// Of WorkbookWriter::AddStyle; 0 is a plain cell.
using StyleId = uint32_t;

enum class CellForm : uint8_t {
  kValue,
  kError,     // the value is the text of an error: "#N/A"
  kNoResult,  // a formula whose result is not stored; its program gets #N/A. There is no value
};

// Text and comment are read during the call only.
struct WorkbookCell {
  Cell value = {};
  StyleId style = 0;
  std::string_view comment = {};  // a note that shows when the pointer rests on the cell
  CellForm form = CellForm::kValue;
};

inline Cell TextCell(std::string_view text) {
  Cell cell;
  cell.kind = CellKind::kText;
  cell.text = text;
  return cell;
}
// `digits` as they are to be stored: "0.10", "-12", "1E+3". They are never made a double.
inline Cell DecimalCell(std::string_view digits) {
  Cell cell;
  cell.kind = CellKind::kDecimal;
  cell.text = digits;
  return cell;
}
inline Cell IntegerCell(int64_t value) {
  Cell cell;
  cell.kind = CellKind::kInteger;
  cell.integer = value;
  return cell;
}
// `micros` since 1970-01-01T00:00:00; shown as a date, as a date and time.
inline Cell DateCell(int64_t micros) {
  Cell cell;
  cell.kind = CellKind::kDate;
  cell.micros = micros;
  return cell;
}
inline Cell DateTimeCell(int64_t micros) {
  Cell cell = DateCell(micros);
  cell.kind = CellKind::kDateTime;
  return cell;
}

// Rows and columns from 1, both ends included.
struct CellRange {
  uint32_t first_row = 1, first_column = 1;
  uint32_t last_row = 1, last_column = 1;
};

// What the cells of a range accept, and how the user is told.
struct Validation {
  // At most 255 UTF-16 units with the commas between; no value empty or with a comma.
  struct ListOf {
    std::vector<std::string> values;
  };
  // The values of a range of any sheet of the workbook, also a hidden one.
  struct ListFrom {
    std::string sheet;
    CellRange range;
  };
  struct DecimalAtLeast {
    std::string minimum;  // "0"
  };
  // Days since 1970-01-01, both included; without them any date.
  struct Date {
    std::optional<int32_t> first_day, last_day;
  };

  CellRange range;
  std::variant<ListOf, ListFrom, DecimalAtLeast, Date> rule;
  // Titles at most 32 UTF-16 units, texts at most 255; empty ones are left out.
  std::string prompt_title = {}, prompt = {};
  std::string error_title = {}, error = {};
};

enum class Visibility : uint8_t { kVisible, kHidden };
// kTable makes the rows a table (ListObject): its header cells must be distinct texts.
enum class Filter : uint8_t { kNone, kAutoFilter, kTable };

struct SheetColumn {
  double width = 0;   // in characters; 0: the default
  StyleId style = 0;  // of the cells that have none of their own
};

struct SheetOptions {
  std::string name;  // at most 31 UTF-16 units, none of []:*?/\ in it
  Visibility visibility = Visibility::kVisible;
  std::vector<SheetColumn> columns = {};  // from column A on
  uint32_t freeze_rows = 0, freeze_columns = 0;
  Filter filter = Filter::kNone;
  uint32_t header_row = 1;      // of the filter, which goes to the last row
  std::string table_name = {};  // kTable: an identifier, one of its kind
  std::string table_style = "TableStyleMedium2";
  std::vector<Validation> validations = {};
};

// One sheet after the other: BeginSheet, WriteRow..., EndSheet; then Finish once. Not thread-safe;
// after a failure the workbook is lost.
//
// Memory does not grow with rows: about 1 MiB in all. Comments lie in a second part of the file,
// so they wait in an unlinked temporary file until their sheet ends: the size of their text and
// 12 bytes for each (the first 256 KiB stay in memory).
//
// Errors: kInvalid for what a workbook cannot hold (the message names sheet, row and column),
// kLimit for too many rows or styles and when the output cap is hit, kIo as BufferedFile,
// kInternal for calls out of order and unknown styles.
//
// Cells are written by the rules of the xlsx renderer (runtime/docs/formats.md) but for decimals
// and large integers, whose digits are stored as they are given, and for texts such as "#N/A",
// which stay texts.
class WorkbookWriter {
 public:
  struct Options {
    std::string comment_author = "Carrel";
    // Where comments wait; empty: the system's directory of temporary files.
    std::filesystem::path spill_directory = {};
    Threading threading = Threading::kWhenSpare;  // of the compression; same bytes
  };

  // `fd` is not owned: open for writing, seekable, empty.
  static Result<std::unique_ptr<WorkbookWriter>> Create(int fd, Options options);
  ~WorkbookWriter();
  WorkbookWriter(const WorkbookWriter&) = delete;
  WorkbookWriter& operator=(const WorkbookWriter&) = delete;

  // At any time before Finish; equal styles have one id.
  Result<StyleId> AddStyle(const CellStyle& style);

  // kInvalid when the options ask for what Excel would repair or refuse.
  Status BeginSheet(SheetOptions options);
  // False when the sheet has 1,048,576 rows.
  bool HasRoom() const { return next_row_ <= kMaxSheetRows; }
  // The row that WriteRow writes, from 1.
  uint32_t next_row() const { return next_row_; }
  // The next row, from column A on; no cells leave it empty.
  Status WriteRow(std::span<const WorkbookCell> cells);
  Status WriteRow(std::initializer_list<WorkbookCell> cells) {
    return WriteRow(std::span(cells.begin(), cells.size()));
  }
  Status EndSheet();

  // kInvalid when no sheet is visible or a validation names a sheet that never came.
  Status Finish();

 private:
  struct Book;
  struct Sheet;
  explicit WorkbookWriter(std::unique_ptr<Book> book);
  Status WriteCell(uint32_t column, const WorkbookCell& cell);
  Status AppendValue(std::string_view reference, const WorkbookCell& cell);
  Status AppendDigits(std::string_view reference, const WorkbookCell& cell);
  Status ClaimNames(const SheetOptions& options);
  Status CheckRow(std::span<const WorkbookCell> cells);
  Status NoteHeader(std::span<const WorkbookCell> cells);
  Status FlushSheet();
  Result<CellRange> FilterRange() const;
  Status WriteSheetParts(const std::string& filter_range);
  Status WriteComments();
  Status WriteTable(const std::string& range);

  std::unique_ptr<Book> book_;
  std::unique_ptr<Sheet> sheet_;  // the open one
  uint32_t next_row_ = 1;
};

}  // namespace carrel::render
