// Cells of all kinds through every writer: what comes out must be well-formed, and hold the texts
// that went in.
#include <fuzzer/FuzzedDataProvider.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/json.h"
#include "sdk/render/cell_text.h"
#include "sdk/render/json_writer.h"
#include "sdk/render/renderer.h"
#include "sdk/render/xlsx_cell.h"
#include "sdk/render/xml_scanner.h"
#include "sdk/render/zip_reader.h"
#include "tests/fuzz/fuzz_rows.h"
#include "tests/fuzz/memory_file.h"

namespace {

using namespace carrel;
using fuzz::MemoryFile;
using fuzz::OpenRenderer;
using fuzz::Require;
using fuzz::Rows;
using render::Cell;
using render::CellKind;

// A number that a file of any format keeps, as far as a double does.
bool HasNumber(const Cell& cell) {
  switch (cell.kind) {
    case CellKind::kInteger:
    case CellKind::kBigInteger:
      return true;
    case CellKind::kFloat:
      return std::isfinite(cell.number);
    case CellKind::kDecimal:
      return cell.text.find_first_of("Nn") == std::string_view::npos;
    default:
      return false;
  }
}

double Number(std::string_view text) { return std::strtod(std::string(text).c_str(), nullptr); }

double ValueOf(const Cell& cell) {
  if (cell.kind == CellKind::kInteger) return static_cast<double>(cell.integer);
  return cell.kind == CellKind::kFloat ? cell.number : Number(cell.text);
}

// ---- csv: read back by the rule of the format alone, each text is there.

std::vector<std::vector<std::string>> ParseCsv(std::string_view text) {
  std::vector<std::vector<std::string>> rows(1);
  for (size_t i = 0; i < text.size();) {
    if (text.substr(i, 2) == "\r\n") {
      rows.emplace_back();
      i += 2;
      continue;
    }
    if (text[i] == ';') ++i;
    Require(i < text.size() && text[i] == '"', "csv", "a field without quotes");
    std::string& field = rows.back().emplace_back();
    for (++i;; ++i) {
      Require(i < text.size(), "csv", "a quote is not closed");
      if (text[i] == '"' && text.substr(i, 2) != "\"\"") break;
      if (text[i] == '"') ++i;
      field.push_back(text[i]);
    }
    ++i;
  }
  Require(rows.back().empty(), "csv", "no line end at the end");
  rows.pop_back();
  return rows;
}

void CheckCsv(const Rows& rows) {
  const MemoryFile output;
  const auto renderer = OpenRenderer("csv", output);
  for (const auto& row : rows.rows()) Require(renderer->WriteRow(row).has_value(), "csv", "row");
  Require(renderer->Finish("").has_value(), "csv", "finish");
  const auto read = ParseCsv(output.Read());
  Require(read.size() == rows.rows().size(), "csv", "another number of rows");
  for (size_t r = 0; r < read.size(); ++r) {
    const auto& row = rows.rows()[r];
    Require(read[r].size() == row.size(), "csv", "another number of fields");
    for (size_t c = 0; c < row.size(); ++c) {
      const bool own = render::PrintsItself(row[c]);
      if (own) Require(read[r][c] == row[c].printed, "csv: another text", read[r][c]);
      if (own) continue;
      const bool text = row[c].kind == CellKind::kText || row[c].kind == CellKind::kOther;
      if (text) Require(read[r][c] == row[c].text, "csv: another text", read[r][c]);
      if (HasNumber(row[c])) Require(Number(read[r][c]) == ValueOf(row[c]), "csv", read[r][c]);
    }
  }
}

// ---- json: each cell as a value; what nlohmann::json reads back is equal.

void AppendValue(render::JsonWriter& writer, const Cell& cell, Json& expected) {
  switch (cell.kind) {
    case CellKind::kBool:
      writer.Bool(cell.integer != 0);
      expected.push_back(cell.integer != 0);
      break;
    case CellKind::kInteger:
      writer.Int(cell.integer);
      expected.push_back(cell.integer);
      break;
    case CellKind::kFloat:
      writer.Double(cell.number);
      expected.push_back(std::isfinite(cell.number) ? Json(cell.number) : Json());
      break;
    case CellKind::kNone:
      writer.Null();
      expected.push_back(nullptr);
      break;
    default:
      writer.String(cell.text);
      expected.push_back(cell.text);
  }
}

// ndjson: one line for each value.
void CheckLines(std::string_view text, const Json& expected) {
  for (const Json& value : expected) {
    const size_t end = text.find('\n');
    Require(end != std::string_view::npos, "ndjson", "a line is missing");
    Require(Json::parse(text.substr(0, end), nullptr, false) == value, "ndjson", text);
    text.remove_prefix(end + 1);
  }
  Require(text.empty(), "ndjson: more lines than values", text);
}

void CheckJson(const Rows& rows) {
  const MemoryFile array, lines;
  const auto renderer = OpenRenderer("json", array);
  const auto by_line = OpenRenderer("ndjson", lines);
  Json expected = Json::array();
  render::JsonWriter writer;
  for (const auto& row : rows.rows()) {
    writer.Clear();
    writer.BeginObject();
    writer.Key(row.empty() ? "" : row[0].text);
    writer.BeginArray();
    Json cells = Json::array();
    for (const Cell& cell : row) AppendValue(writer, cell, cells);
    writer.EndArray();
    writer.EndObject();
    expected.push_back({{std::string(row.empty() ? "" : row[0].text), cells}});
    Require(renderer->WriteValue(writer.text()).has_value(), "json", "row");
    Require(by_line->WriteValue(writer.text()).has_value(), "ndjson", "row");
  }
  Require(renderer->Finish("").has_value(), "json", "finish");
  Require(by_line->Finish("").has_value(), "ndjson", "finish");
  const std::string text = array.Read();
  const Json read = Json::parse(text, nullptr, false);
  Require(!read.is_discarded(), "json: not well-formed", text);
  Require(read == expected, "json: another value", text);
  CheckLines(lines.Read(), expected);
}

// ---- xlsx: a row that is refused ends the report; before that all cells are in the sheet.

struct SheetCells {
  size_t cells = 0;
  std::vector<std::string> texts;  // as they stand in the XML
  std::vector<double> values;
};

SheetCells ScanSheet(const MemoryFile& file) {
  auto zip = render::ZipReader::Open(file.path());
  Require(zip.has_value(), "xlsx: not a zip", zip ? "" : zip.error().message);
  SheetCells found;
  for (const render::ZipEntry& entry : (*zip)->entries()) {
    const auto xml = (*zip)->Read(entry, size_t{64} << 20);
    Require(xml.has_value(), "xlsx: a part cannot be read", entry.name);
    render::XmlScanner scanner(*xml);
    bool in_text = false, in_value = false;
    for (;;) {
      const auto token = scanner.Next();
      Require(token.has_value(), entry.name, token ? "" : token.error().message);
      if (*token == render::XmlToken::kFinished) break;
      if (entry.name != "xl/worksheets/sheet1.xml") continue;
      const bool opens = *token == render::XmlToken::kStart || *token == render::XmlToken::kEmpty;
      if (opens && scanner.local_name() == "c") ++found.cells;
      if (opens && scanner.local_name() == "is") found.texts.emplace_back();
      if (*token != render::XmlToken::kText) in_text = opens && scanner.local_name() == "t";
      if (*token == render::XmlToken::kText && in_text) found.texts.back() += scanner.raw();
      if (*token != render::XmlToken::kText) in_value = opens && scanner.local_name() == "v";
      if (*token == render::XmlToken::kText && in_value) {
        found.values.push_back(Number(scanner.raw()));
      }
    }
  }
  return found;
}

bool Appears(const Cell& cell) {
  if (cell.kind == CellKind::kLongDuration) return std::isfinite(cell.number);
  const bool number = cell.kind == CellKind::kFloat || cell.kind == CellKind::kDecimal;
  return number ? HasNumber(cell) : cell.kind != CellKind::kNone;
}

void CheckXlsx(const Rows& rows) {
  static const MemoryFile book(fuzz::SmallWorkbook({}));
  const MemoryFile output;
  const auto renderer = OpenRenderer("xlsx", output, &book);
  size_t cells = 1;  // the template's own
  std::vector<std::string> texts;
  std::vector<double> values;
  for (const auto& row : rows.rows()) {
    if (const Status status = renderer->WriteRow(row); !status) {
      Require(status.error().code == Code::kInvalid, "xlsx", status.error().message);
      Require(status.error().message.starts_with("row "), "xlsx: no place", status.error().message);
      return;
    }
    for (const Cell& cell : row) {
      cells += Appears(cell) ? 1 : 0;
      if (HasNumber(cell)) values.push_back(ValueOf(cell));
      const bool error_name = cell.kind == CellKind::kText && cell.text.starts_with('#');
      const auto text = cell.printed.data() != nullptr ? cell.printed : cell.text;
      if (cell.kind != CellKind::kText || text.empty() || error_name) continue;
      if (text.starts_with('#')) continue;
      Require(render::AppendXmlText(texts.emplace_back(), text).has_value(), "xlsx", "bad text");
    }
  }
  Require(renderer->Finish("2020-01-01T00:00:00+00:00").has_value(), "xlsx", "finish");
  const SheetCells found = ScanSheet(output);
  Require(found.cells == cells, "xlsx: another number of cells", std::to_string(found.cells));
  std::erase_if(texts, [](const std::string& text) { return text.empty(); });
  for (const std::string& text : texts) {
    const bool there = std::ranges::find(found.texts, text) != found.texts.end();
    Require(there, "xlsx: a text is lost", text);
  }
  for (const double value : values) {
    const bool there = std::ranges::find(found.values, value) != found.values.end();
    Require(there, "xlsx: a number is lost", std::to_string(value));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  FuzzedDataProvider data(bytes, size);
  const Rows rows(data);
  CheckCsv(rows);
  CheckJson(rows);
  CheckXlsx(rows);
  return 0;
}
