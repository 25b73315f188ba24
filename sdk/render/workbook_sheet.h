// The worksheet part of a written workbook around its rows, and what its options may ask for.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/result.h"
#include "sdk/render/workbook_writer.h"

namespace carrel::render {

// Messages begin with the option's name. The workbook's other sheets are not looked at.
Status CheckSheetOptions(const SheetOptions& options);

// Whether a sheet is in front when the workbook is opened.
enum class Front : uint8_t { kNo, kYes };

// Up to and with <sheetData>. Options have been checked.
std::string SheetHeadXml(const SheetOptions& options, Front front);

// What follows the rows.
struct SheetTail {
  std::string filter_range;  // "A1:C7" of an autofilter, empty when there is none
  std::string comments_id;   // relationship of the comments' boxes, empty when there is none
  std::string table_id;      // relationship of the table
};
// From </sheetData> on. kInvalid as AppendXmlText.
Result<std::string> SheetTailXml(const SheetOptions& options, const SheetTail& tail);

}  // namespace carrel::render
