#include "sdk/render/workbook_inspect.h"

#include <algorithm>

#include "runtime/base/text.h"
#include "sdk/render/xlsx_template.h"

namespace carrel::render {
namespace {

constexpr size_t kMaxSheetsTold = 64;
constexpr size_t kMaxSheetName = 100;

}  // namespace

Result<WorkbookInfo> InspectWorkbook(const std::filesystem::path& path) {
  CARREL_ASSIGN_OR_RETURN(XlsxTemplate opened, OpenXlsxTemplate(path));
  WorkbookInfo info;
  bool has_data = false;
  for (const WorkbookSheet& sheet : opened.workbook.sheets()) {
    const bool takes_rows = sheet.is_worksheet && !sheet.part.empty();
    const bool is_data = takes_rows && sheet.name == kDataSheet && !has_data;
    has_data |= is_data;
    if (info.sheets.size() >= kMaxSheetsTold && !is_data) continue;
    info.sheets.push_back({Truncate(ToUtf8(sheet.name), kMaxSheetName), takes_rows});
  }
  CARREL_TRY(CheckEntries(opened.workbook.zip()));
  if (has_data) CARREL_TRY(CheckDataSheet(opened));
  return info;
}

}  // namespace carrel::render
