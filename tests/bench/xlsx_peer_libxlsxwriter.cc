#include <xlsxwriter.h>

#include <string>

#include "tests/bench/peer_process.h"
#include "tests/bench/xlsx_peer.h"

namespace carrel::bench {
namespace {

constexpr double kUnixDay1900 = 25'569;  // 1970-01-01 as a serial
constexpr double kMicrosPerDay = 86'400e6;

void WriteCell(lxw_worksheet* sheet, lxw_row_t row, lxw_col_t column, lxw_format* dates,
               const render::Cell& cell, std::string& scratch) {
  switch (cell.kind) {
    case render::CellKind::kText:
      scratch.assign(cell.text);  // it wants the zero at the end
      worksheet_write_string(sheet, row, column, scratch.c_str(), nullptr);
      break;
    case render::CellKind::kDateTime:
      worksheet_write_number(sheet, row, column,
                             static_cast<double>(cell.micros) / kMicrosPerDay + kUnixDay1900,
                             dates);
      break;
    case render::CellKind::kInteger:
      worksheet_write_number(sheet, row, column, static_cast<double>(cell.integer), nullptr);
      break;
    case render::CellKind::kFloat:
      worksheet_write_number(sheet, row, column, cell.number, nullptr);
      break;
    default:
      Die("the benchmark's rows have no such cells");
  }
}

}  // namespace

bool WriteWithLibxlsxwriter(const BenchRows& rows, size_t count, const std::string& path) {
  lxw_workbook_options options{};
  options.constant_memory = LXW_TRUE;
  lxw_workbook* const book = workbook_new_opt(path.c_str(), &options);
  if (book == nullptr) Die("libxlsxwriter does not open its file");
  lxw_worksheet* const sheet = workbook_add_worksheet(book, "Data");
  lxw_format* const dates = workbook_add_format(book);
  format_set_num_format(dates, "yyyy-mm-dd h:mm:ss");
  std::string scratch;
  for (size_t i = 0; i < count; ++i) {
    const render::Row row = rows.row(i);
    for (size_t c = 0; c < row.size(); ++c) {
      WriteCell(sheet, static_cast<lxw_row_t>(i + 1), static_cast<lxw_col_t>(c), dates, row[c],
                scratch);
    }
  }
  if (workbook_close(book) != LXW_NO_ERROR) Die("libxlsxwriter failed");
  return true;
}

}  // namespace carrel::bench
