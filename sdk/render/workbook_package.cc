#include "sdk/render/workbook_package.h"

#include <fmt/format.h>

#include <algorithm>

#include "sdk/render/table_header.h"
#include "sdk/render/workbook_text.h"
#include "sdk/render/xlsx_cell.h"

namespace carrel::render {
namespace {

constexpr std::string_view kRelationships =
    R"(<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">)";

std::string Relation(std::string_view id, std::string_view type, std::string_view target) {
  return fmt::format("<Relationship Id=\"{}\" Type=\"{}/{}\" Target=\"{}\"/>", id, kOfficeRelations,
                     type, target);
}

std::string Override(std::string_view part, std::string_view type) {
  return fmt::format(
      "<Override PartName=\"/{}\" "
      "ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.{}+xml\"/>",
      part, type);
}

}  // namespace

std::string RootRelationsXml() {
  return fmt::format("{}{}{}</Relationships>", kXmlDeclaration, kRelationships,
                     Relation("rId1", "officeDocument", "xl/workbook.xml"));
}

std::string ContentTypesXml(const std::vector<WrittenSheet>& sheets) {
  std::string out(kXmlDeclaration);
  out += R"(<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">)"
         R"(<Default Extension="rels" )"
         R"(ContentType="application/vnd.openxmlformats-package.relationships+xml"/>)"
         R"(<Default Extension="xml" ContentType="application/xml"/>)";
  if (std::ranges::any_of(sheets, &WrittenSheet::has_comments)) {
    out += R"(<Default Extension="vml" )"
           R"(ContentType="application/vnd.openxmlformats-officedocument.vmlDrawing"/>)";
  }
  out += Override("xl/workbook.xml", "sheet.main");
  for (size_t i = 1; i <= sheets.size(); ++i) {
    out += Override(fmt::format("xl/worksheets/sheet{}.xml", i), "worksheet");
    const WrittenSheet& sheet = sheets[i - 1];
    if (sheet.has_comments) out += Override(fmt::format("xl/comments{}.xml", i), "comments");
    if (sheet.table != 0)
      out += Override(fmt::format("xl/tables/table{}.xml", sheet.table), "table");
  }
  return out + Override("xl/styles.xml", "styles") + "</Types>";
}

std::string WorkbookRelationsXml(const std::vector<WrittenSheet>& sheets) {
  std::string out = fmt::format("{}{}", kXmlDeclaration, kRelationships);
  for (size_t i = 1; i <= sheets.size(); ++i) {
    out += Relation(fmt::format("rId{}", i), "worksheet", fmt::format("worksheets/sheet{}.xml", i));
  }
  return out + Relation(fmt::format("rId{}", sheets.size() + 1), "styles", "styles.xml") +
         "</Relationships>";
}

std::string SheetRelationsXml(const WrittenSheet& sheet, size_t number) {
  if (!sheet.has_comments && sheet.table == 0) return {};
  std::string out = fmt::format("{}{}", kXmlDeclaration, kRelationships);
  if (sheet.has_comments) {
    out += Relation(kBoxesId, "vmlDrawing", fmt::format("../drawings/vmlDrawing{}.vml", number));
    out += Relation(kTextsId, "comments", fmt::format("../comments{}.xml", number));
  }
  if (sheet.table != 0) {
    out += Relation(kTableId, "table", fmt::format("../tables/table{}.xml", sheet.table));
  }
  return out + "</Relationships>";
}

Result<std::string> WorkbookXml(const std::vector<WrittenSheet>& sheets) {
  const auto front = std::ranges::find(sheets, Visibility::kVisible, &WrittenSheet::visibility);
  if (front == sheets.end()) return Fail(Code::kInvalid, "the workbook has no visible sheet");
  std::string out = fmt::format(
      "{0}<workbook xmlns=\"{1}\" xmlns:r=\"{2}\"><workbookPr/><bookViews><workbookView "
      "firstSheet=\"{3}\" activeTab=\"{3}\"/></bookViews><sheets>",
      kXmlDeclaration, kSheetNamespace, kOfficeRelations, front - sheets.begin());
  std::string names;
  for (size_t i = 0; i < sheets.size(); ++i) {
    out += "<sheet";
    CARREL_TRY(AppendXmlAttribute(out, "name", sheets[i].name));
    out += fmt::format(" sheetId=\"{}\"", i + 1);
    if (sheets[i].visibility == Visibility::kHidden) out += " state=\"hidden\"";
    out += fmt::format(" r:id=\"rId{}\"/>", i + 1);
    if (sheets[i].filter_range.empty()) continue;
    // Excel keeps the range of an autofilter under this name too.
    names += fmt::format(
        "<definedName name=\"_xlnm._FilterDatabase\" localSheetId=\"{}\" hidden=\"1\">", i);
    CARREL_TRY(AppendXmlText(names, sheets[i].filter_range));
    names += "</definedName>";
  }
  out += "</sheets>";
  if (!names.empty()) out += "<definedNames>" + names + "</definedNames>";
  return out + "</workbook>";
}

Result<std::string> TableXml(const SheetOptions& options, uint32_t id, const std::string& range,
                             const std::vector<std::string>& headers) {
  std::string out = fmt::format(
      "{0}<table xmlns=\"{1}\" id=\"{2}\" name=\"{3}\" displayName=\"{3}\" ref=\"{4}\" "
      "totalsRowShown=\"0\"><autoFilter ref=\"{4}\"/><tableColumns count=\"{5}\">",
      kXmlDeclaration, kSheetNamespace, id, options.table_name, range, headers.size());
  CARREL_TRY(CheckDistinctHeaders(headers));
  for (size_t i = 0; i < headers.size(); ++i) {
    CARREL_TRY(CheckTableHeader(headers[i]));
    out += fmt::format("<tableColumn id=\"{}\"", i + 1);
    CARREL_TRY(AppendXmlAttribute(out, "name", headers[i]));
    out += "/>";
  }
  out += "</tableColumns><tableStyleInfo";
  CARREL_TRY(AppendXmlAttribute(out, "name", options.table_style));
  return out +
         " showFirstColumn=\"0\" showLastColumn=\"0\" showRowStripes=\"1\" "
         "showColumnStripes=\"0\"/></table>";
}

}  // namespace carrel::render
