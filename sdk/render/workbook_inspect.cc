#include "sdk/render/workbook_inspect.h"

#include "sdk/render/xlsx_styles.h"
#include "sdk/render/xlsx_workbook.h"

namespace carrel::render {

Result<WorkbookInfo> InspectWorkbook(const std::filesystem::path& path) {
  CARREL_ASSIGN_OR_RETURN(XlsxWorkbook workbook, XlsxWorkbook::Open(path));
  CARREL_ASSIGN_OR_RETURN(const std::string styles, workbook.ReadStyles());
  if (auto parsed = XlsxStyles::Parse(styles); !parsed) {
    return Wrap(parsed.error(), workbook.styles_part());
  }
  WorkbookInfo info;
  for (const WorkbookSheet& sheet : workbook.sheets()) {
    info.sheets.push_back({sheet.name, sheet.is_worksheet && !sheet.part.empty()});
  }
  return info;
}

}  // namespace carrel::render
