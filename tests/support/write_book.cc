// Writes the workbook that a JSON file describes, so that tests in other languages can read what
// WorkbookWriter makes: write_book JOB.json OUTPUT
//
// JOB: {author, spill, styles: [{number_format, bold, font_color, fill, border, border_color,
// horizontal, vertical, wrap}], sheets: [{name, hidden, columns: [[width, style]], freeze: [rows,
// columns], filter: "auto"|"table", header_row, table_name, table_style, validations: [{range: [r1,
// c1, r2, c2], list, sheet + source, minimum, first_day, last_day, prompt_title, prompt,
// error_title, error}], rows, repeat}]}. A row is an array of cells [kind, value, style, comment]:
// kinds none, text, decimal, int, float, bool, date, datetime (micros). Styles count from 1.
// Prints its peak of memory.
#include <fcntl.h>

#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "runtime/base/files.h"
#include "runtime/base/json.h"
#include "runtime/base/unique_fd.h"
#include "sdk/render/workbook_writer.h"
#include "tests/support/peak_memory.h"

namespace {

using carrel::Json;
using carrel::Status;
using namespace carrel::render;

CellStyle MakeStyle(const Json& json) {
  CellStyle style;
  style.number_format = json.value("number_format", "");
  style.bold = json.value("bold", false);
  if (json.contains("font_color")) style.font_color = json["font_color"].get<uint32_t>();
  if (json.contains("fill")) style.fill = json["fill"].get<uint32_t>();
  style.border = static_cast<BorderLine>(json.value("border", 0));
  style.border_color = json.value("border_color", 0U);
  style.horizontal = static_cast<HorizontalAlign>(json.value("horizontal", 0));
  style.vertical = static_cast<VerticalAlign>(json.value("vertical", 0));
  style.wrap = json.value("wrap", false);
  return style;
}

CellRange MakeRange(const Json& json) { return {json.at(0), json.at(1), json.at(2), json.at(3)}; }

Validation MakeValidation(const Json& json) {
  Validation validation;
  validation.range = MakeRange(json.at("range"));
  if (json.contains("list")) {
    validation.rule = Validation::ListOf{json["list"].get<std::vector<std::string>>()};
  } else if (json.contains("sheet")) {
    validation.rule = Validation::ListFrom{json["sheet"], MakeRange(json.at("source"))};
  } else if (json.contains("minimum")) {
    validation.rule = Validation::DecimalAtLeast{json["minimum"]};
  } else {
    Validation::Date date;
    if (json.contains("first_day")) date.first_day = json["first_day"].get<int32_t>();
    if (json.contains("last_day")) date.last_day = json["last_day"].get<int32_t>();
    validation.rule = date;
  }
  validation.prompt_title = json.value("prompt_title", "");
  validation.prompt = json.value("prompt", "");
  validation.error_title = json.value("error_title", "");
  validation.error = json.value("error", "");
  return validation;
}

SheetOptions MakeSheet(const Json& json) {
  SheetOptions options;
  options.name = json.at("name");
  if (json.value("hidden", false)) options.visibility = Visibility::kHidden;
  for (const Json& column : json.value("columns", Json::array())) {
    options.columns.push_back({column.at(0), column.at(1)});
  }
  if (json.contains("freeze")) {
    options.freeze_rows = json["freeze"].at(0);
    options.freeze_columns = json["freeze"].at(1);
  }
  const std::string filter = json.value("filter", "");
  if (filter == "auto") options.filter = Filter::kAutoFilter;
  if (filter == "table") options.filter = Filter::kTable;
  options.header_row = json.value("header_row", 1U);
  options.table_name = json.value("table_name", "");
  options.table_style = json.value("table_style", options.table_style);
  for (const Json& validation : json.value("validations", Json::array())) {
    options.validations.push_back(MakeValidation(validation));
  }
  return options;
}

WorkbookCell MakeCell(const Json& json) {
  WorkbookCell made;
  Cell& cell = made.value;
  const auto kind = json.at(0).get<std::string>();
  if (kind == "text") cell = TextCell(json.at(1).get_ref<const std::string&>());
  if (kind == "decimal") cell = DecimalCell(json.at(1).get_ref<const std::string&>());
  if (kind == "int") cell = IntegerCell(json.at(1));
  if (kind == "date") cell = DateCell(json.at(1));
  if (kind == "datetime") cell = DateTimeCell(json.at(1));
  if (kind == "bool") {
    cell.kind = CellKind::kBool;
    cell.integer = json.at(1).get<bool>() ? 1 : 0;
  }
  if (kind == "float") {
    cell.kind = CellKind::kFloat;
    cell.number = json.at(1);
  }
  if (json.size() > 2) made.style = json.at(2);
  if (json.size() > 3) made.comment = json.at(3).get_ref<const std::string&>();
  return made;
}

Status WriteSheet(WorkbookWriter& book, const Json& json) {
  CARREL_TRY(book.BeginSheet(MakeSheet(json)));
  const int repeat = json.value("repeat", 1);
  std::vector<std::vector<WorkbookCell>> rows;
  for (const Json& row : json.at("rows")) {
    rows.emplace_back();
    for (const Json& cell : row) rows.back().push_back(MakeCell(cell));
  }
  for (int i = 0; i < repeat; ++i) {
    for (const auto& row : rows) CARREL_TRY(book.WriteRow(row));
  }
  return book.EndSheet();
}

Status WriteBook(int fd, const Json& job) {
  WorkbookWriter::Options options;
  options.comment_author = job.value("author", options.comment_author);
  options.spill_directory = job.value("spill", "");
  CARREL_ASSIGN_OR_RETURN(const auto book, WorkbookWriter::Create(fd, options));
  for (const Json& style : job.value("styles", Json::array())) {
    CARREL_TRY(book->AddStyle(MakeStyle(style)));
  }
  for (const Json& sheet : job.at("sheets")) CARREL_TRY(WriteSheet(*book, sheet));
  return book->Finish();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const auto text = carrel::ReadFile(argv[1]);
  if (!text) return 2;
  const Json job = Json::parse(*text);
  const carrel::UniqueFd fd(::open(argv[2], O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  const Status status = WriteBook(fd.get(), job);
  std::cout << "peak_kib " << carrel::PeakMemoryKib() << "\n";
  if (status) return 0;
  std::cerr << carrel::CodeName(status.error().code) << ": " << status.error().message << "\n";
  return 1;
}
