#include "runtime/usage/csv_template.h"

namespace carrel::usage {

std::string CsvLine(const std::vector<std::string>& cells) {
  std::string out;
  for (const std::string& cell : cells) {
    if (&cell != cells.data()) out += ',';
    if (cell.find_first_of(",\"\r\n") == std::string::npos) {
      out += cell;
      continue;
    }
    out += '"';
    for (const char c : cell) out += c == '"' ? "\"\"" : std::string(1, c);
    out += '"';
  }
  return out + "\r\n";
}

std::string CsvTemplate(const UsageTemplate& sheet) {
  std::vector<std::string> header;
  std::vector<std::string> example;
  for (const TemplateColumn& column : sheet.columns) {
    if (column.column == Column::kCategoryId) continue;
    header.push_back(column.title);
    example.push_back(column.example);
  }
  return sheet.no_example.empty() ? CsvLine(header) + CsvLine(example) : CsvLine(header);
}

}  // namespace carrel::usage
