// Cells of all kinds through every writer: what comes out must be well-formed, and hold the texts
// that went in.
#include <fuzzer/FuzzedDataProvider.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/json.h"
#include "runtime/base/text.h"
#include "sdk/render/json_writer.h"
#include "sdk/render/renderer.h"
#include "sdk/render/xlsx_cell.h"
#include "sdk/render/xml_scanner.h"
#include "sdk/render/zip_reader.h"
#include "tests/fuzz/memory_file.h"

namespace {

using namespace carrel;
using fuzz::MemoryFile;
using fuzz::Require;
using render::Cell;
using render::CellKind;

constexpr int64_t kFirstMicros = -62'135'596'800'000'000;  // year 1
constexpr int64_t kLastMicros = 253'402'300'799'999'999;   // year 9999

// The rows of one input; texts live here.
class Rows {
 public:
  explicit Rows(FuzzedDataProvider& data) {
    while (data.remaining_bytes() > 0 && rows_.size() < 50) {
      auto& row = rows_.emplace_back();
      for (auto n = data.ConsumeIntegralInRange<int>(0, 8); n > 0; --n) row.push_back(Make(data));
    }
  }
  const std::vector<std::vector<Cell>>& rows() const { return rows_; }

 private:
  // As a language host gives it: always UTF-8.
  std::string_view Text(FuzzedDataProvider& data) {
    return texts_.emplace_back(ToUtf8(data.ConsumeRandomLengthString(200)));
  }
  std::string_view Digits(FuzzedDataProvider& data) {
    std::string text(data.ConsumeBool() ? "-" : "");
    text += std::to_string(data.ConsumeIntegral<uint64_t>());
    text.append(data.ConsumeIntegralInRange<size_t>(0, 400), '0');
    return texts_.emplace_back(std::move(text));
  }
  std::string_view Decimal(FuzzedDataProvider& data) {
    const char* const odd[] = {"NaN", "sNaN", "Infinity", "-Infinity", "NaN123", "-0", "0E-9"};
    if (data.ConsumeBool()) return odd[data.ConsumeIntegralInRange<size_t>(0, 6)];
    std::string text = std::to_string(data.ConsumeIntegral<int64_t>());
    text += "." + std::to_string(data.ConsumeIntegral<uint32_t>());
    if (data.ConsumeBool()) text += "E" + std::to_string(data.ConsumeIntegral<int16_t>());
    return texts_.emplace_back(std::move(text));
  }

  Cell Make(FuzzedDataProvider& data) {
    Cell cell;
    cell.kind = static_cast<CellKind>(data.ConsumeIntegralInRange<int>(0, 12));
    switch (cell.kind) {
      case CellKind::kNone:
        break;
      case CellKind::kBool:
        cell.integer = data.ConsumeBool() ? 1 : 0;
        break;
      case CellKind::kInteger:
        cell.integer = data.ConsumeIntegral<int64_t>();
        break;
      case CellKind::kFloat:
        cell.number = data.ConsumeFloatingPoint<double>();
        break;
      case CellKind::kBigInteger:
        cell.text = Digits(data);
        break;
      case CellKind::kDecimal:
        cell.text = Decimal(data);
        break;
      case CellKind::kText:
        cell.text = Text(data);
        break;
      case CellKind::kOther:
        cell.text = Text(data);
        cell.type_name = "dict";
        break;
      case CellKind::kLongDuration:
        cell.number = data.ConsumeFloatingPoint<double>();
        cell.text = Text(data);
        break;
      case CellKind::kDuration:
        cell.micros = data.ConsumeIntegral<int64_t>() / 2;
        break;
      case CellKind::kDate:
      case CellKind::kTime:
      case CellKind::kDateTime:
        MakeMoment(data, cell);
    }
    if (cell.kind != CellKind::kNone && data.ConsumeBool()) cell.printed = Text(data);
    return cell;
  }

  static void MakeMoment(FuzzedDataProvider& data, Cell& cell) {
    constexpr int64_t kDay = 86'400'000'000;
    cell.micros = data.ConsumeIntegralInRange<int64_t>(kFirstMicros, kLastMicros);
    if (cell.kind == CellKind::kDate) cell.micros -= (cell.micros % kDay + kDay) % kDay;
    if (cell.kind == CellKind::kTime) cell.micros = (cell.micros % kDay + kDay) % kDay;
    cell.with_zone = cell.kind != CellKind::kDate && data.ConsumeBool();
    if (cell.with_zone) {
      cell.offset_minutes = data.ConsumeIntegralInRange<int16_t>(-1439, 1439);
    }
  }

  std::deque<std::string> texts_;
  std::vector<std::vector<Cell>> rows_;
};

std::unique_ptr<render::Renderer> Open(const std::string& type, const MemoryFile& output,
                                       const MemoryFile* book = nullptr) {
  render::RendererOptions options;
  options.type = type;
  options.output_fd = output.fd();
  if (book != nullptr) {
    options.root = "/proc/self/fd";
    options.template_path = book->name();
  }
  auto renderer = render::MakeRenderer(options);
  Require(renderer.has_value(), type, renderer ? "" : renderer.error().message);
  return std::move(*renderer);
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
  const auto renderer = Open("csv", output);
  for (const auto& row : rows.rows()) Require(renderer->WriteRow(row).has_value(), "csv", "row");
  Require(renderer->Finish("").has_value(), "csv", "finish");
  const auto read = ParseCsv(output.Read());
  Require(read.size() == rows.rows().size(), "csv", "another number of rows");
  for (size_t r = 0; r < read.size(); ++r) {
    const auto& row = rows.rows()[r];
    Require(read[r].size() == row.size(), "csv", "another number of fields");
    for (size_t c = 0; c < row.size(); ++c) {
      const bool own = row[c].printed.data() != nullptr && row[c].kind != CellKind::kText;
      if (own) Require(read[r][c] == row[c].printed, "csv: another text", read[r][c]);
      const bool text = row[c].kind == CellKind::kText || row[c].kind == CellKind::kOther;
      if (text && !own) Require(read[r][c] == row[c].text, "csv: another text", read[r][c]);
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

void CheckJson(const Rows& rows) {
  const MemoryFile output;
  const auto renderer = Open("json", output);
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
  }
  Require(renderer->Finish("").has_value(), "json", "finish");
  const std::string text = output.Read();
  const Json read = Json::parse(text, nullptr, false);
  Require(!read.is_discarded(), "json: not well-formed", text);
  Require(read == expected, "json: another value", text);
}

// ---- xlsx: a row that is refused ends the report; before that all cells are in the sheet.

struct SheetCells {
  size_t cells = 0;
  std::vector<std::string> texts;  // as they stand in the XML
};

SheetCells ScanSheet(const MemoryFile& file) {
  auto zip = render::ZipReader::Open(file.path());
  Require(zip.has_value(), "xlsx: not a zip", zip ? "" : zip.error().message);
  SheetCells found;
  for (const render::ZipEntry& entry : (*zip)->entries()) {
    const auto xml = (*zip)->Read(entry, size_t{64} << 20);
    Require(xml.has_value(), "xlsx: a part cannot be read", entry.name);
    render::XmlScanner scanner(*xml);
    bool in_text = false;
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
    }
  }
  return found;
}

bool Appears(const Cell& cell) {
  if (cell.kind == CellKind::kFloat || cell.kind == CellKind::kLongDuration) {
    return std::isfinite(cell.number);
  }
  if (cell.kind != CellKind::kDecimal) return cell.kind != CellKind::kNone;
  return cell.text.find_first_of("Nn") == std::string_view::npos;
}

void CheckXlsx(const Rows& rows) {
  static const MemoryFile book(fuzz::SmallWorkbook({}));
  const MemoryFile output;
  const auto renderer = Open("xlsx", output, &book);
  size_t cells = 1;  // the template's own
  std::vector<std::string> texts;
  for (const auto& row : rows.rows()) {
    if (const Status status = renderer->WriteRow(row); !status) {
      Require(status.error().code == Code::kInvalid, "xlsx", status.error().message);
      Require(status.error().message.starts_with("row "), "xlsx: no place", status.error().message);
      return;
    }
    for (const Cell& cell : row) {
      cells += Appears(cell) ? 1 : 0;
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
