// The parts of a written workbook that tell of its sheets: written last, when all is known.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "sdk/render/workbook_writer.h"

namespace carrel::render {

// A sheet that is complete. Part names follow from the numbers: sheet 3 is
// xl/worksheets/sheet3.xml, its comments are xl/comments3.xml and xl/drawings/vmlDrawing3.vml.
struct WrittenSheet {
  std::string name;
  Visibility visibility = Visibility::kVisible;
  std::string filter_range;  // absolute with the sheet's name, empty: no autofilter
  bool has_comments = false;
  uint32_t table = 0;  // number of its table, 0: none
};

// Relationship ids of a sheet's parts.
inline constexpr std::string_view kBoxesId = "rId1";
inline constexpr std::string_view kTextsId = "rId2";
inline constexpr std::string_view kTableId = "rId3";

std::string RootRelationsXml();
std::string ContentTypesXml(const std::vector<WrittenSheet>& sheets);
std::string WorkbookRelationsXml(const std::vector<WrittenSheet>& sheets);
// Empty when the sheet has neither comments nor a table. `number` from 1.
std::string SheetRelationsXml(const WrittenSheet& sheet, size_t number);
// kInvalid when no sheet is visible, or as AppendXmlText.
Result<std::string> WorkbookXml(const std::vector<WrittenSheet>& sheets);
// kInvalid when the headers cannot be those of a table.
Result<std::string> TableXml(const SheetOptions& options, uint32_t id, const std::string& range,
                             const std::vector<std::string>& headers);

}  // namespace carrel::render
