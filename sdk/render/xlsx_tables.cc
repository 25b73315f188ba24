#include "sdk/render/xlsx_tables.h"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/base/text.h"
#include "sdk/render/table_header.h"
#include "sdk/render/xlsx_cell.h"
#include "sdk/render/xlsx_xml.h"

namespace carrel::render {
namespace {

Status ReadTable(XlsxWorkbook& workbook, const std::string& part, pugi::xml_document& document) {
  if (workbook.HasRole(part)) {
    return Fail(Code::kInvalid, fmt::format("{}: one part for two purposes", part));
  }
  CARREL_ASSIGN_OR_RETURN(const std::string xml, workbook.ReadPart(part));
  if (auto status = XmlParse(xml, document); !status) return Wrap(status.error(), part);
  return {};
}

// The first cell of its header; row 0 for a table without one.
Result<CellPosition> HeaderOf(pugi::xml_node table, const std::string& part) {
  if (table.attribute("headerRowCount").as_uint(1) == 0) return CellPosition();
  const std::string_view range = table.attribute("ref").value();
  const auto first = ParseReference(range.substr(0, range.find(':')));
  if (XmlLocalName(table) == "table" && first) return *first;
  return Fail(Code::kInvalid, fmt::format("{}: expected a table with a range, found {} of \"{}\"",
                                          part, EscapeControls(Truncate(table.name(), 40)),
                                          EscapeControls(Truncate(range, 40))));
}

Result<std::string> NameFrom(const Cell& cell) {
  if (cell.kind != CellKind::kText) {
    return Fail(Code::kInvalid, "found a value that is no text, expected the name of a column");
  }
  const std::string_view name = cell.printed.data() != nullptr ? cell.printed : cell.text;
  CARREL_TRY(CheckTableHeader(name));
  return std::string(name);
}

}  // namespace

Result<XlsxTables> XlsxTables::Load(XlsxWorkbook& workbook, std::string_view sheet_part,
                                    XlsxSheet::Start start) {
  XlsxTables found;
  found.first_column_ = start.column;
  CARREL_ASSIGN_OR_RETURN(const auto parts, workbook.PartsOf(sheet_part, "table"));
  for (const std::string& part : parts) {
    pugi::xml_document document;
    CARREL_TRY(ReadTable(workbook, part, document));
    const pugi::xml_node table = document.document_element();
    CARREL_ASSIGN_OR_RETURN(const CellPosition header, HeaderOf(table, part));
    if (header.row < start.row) continue;
    found.tables_.push_back({{part, ""}, table.attribute("displayName").value(), header});
    found.last_header_ = std::max(found.last_header_, header.row);
  }
  return found;
}

bool XlsxTables::Holds(std::string_view part) const {
  return std::ranges::any_of(tables_, [&](const Table& table) { return table.part.name == part; });
}

Status XlsxTables::Rename(XlsxWorkbook& workbook, uint32_t number, Row row) {
  for (Table& table : tables_) {
    if (table.header.row != number) continue;
    if (auto status = RenameColumns(workbook, table, row); !status) {
      return Wrap(status.error(), fmt::format("header of the template's table \"{}\"",
                                              EscapeControls(Truncate(table.name, 60))));
    }
  }
  return {};
}

Status XlsxTables::RenameColumns(XlsxWorkbook& workbook, Table& table, Row row) const {
  pugi::xml_document document;
  CARREL_TRY(ReadTable(workbook, table.part.name, document));
  std::vector<std::string> names;
  bool renamed = false;
  for (pugi::xml_node column : XmlChild(document.document_element(), "tableColumns").children()) {
    if (XmlLocalName(column) != "tableColumn") continue;
    const size_t place = table.header.column + names.size();
    names.emplace_back(column.attribute("name").value());
    if (place < first_column_ || place - first_column_ >= row.size()) continue;
    const Cell& cell = row[place - first_column_];
    if (cell.kind == CellKind::kNone) continue;
    auto name = NameFrom(cell);
    if (!name) return Wrap(name.error(), fmt::format("column {}", place - first_column_ + 1));
    XmlSet(column, "name", *name);
    names.back() = std::move(*name);
    renamed = true;
  }
  if (!renamed) return {};
  CARREL_TRY(CheckDistinctHeaders(names));
  table.part.xml = XmlText(document);
  return {};
}

std::vector<XlsxTables::Part> XlsxTables::Parts() const {
  std::vector<Part> parts;
  parts.reserve(tables_.size());
  for (const Table& table : tables_) parts.push_back(table.part);
  return parts;
}

}  // namespace carrel::render
