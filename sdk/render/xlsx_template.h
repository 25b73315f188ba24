// Opens a workbook as a template. Validation and runs both come through here, so that what was
// found good also renders.
#pragma once

#include <filesystem>
#include <string_view>

#include "runtime/base/result.h"
#include "sdk/render/xlsx_sheet.h"
#include "sdk/render/xlsx_styles.h"
#include "sdk/render/xlsx_workbook.h"

namespace carrel::render {

inline constexpr std::string_view kDataSheet = "Data";

struct XlsxTemplate {
  XlsxWorkbook workbook;
  XlsxStyles styles;
};

// kInvalid or kLimit when it is no usable workbook, naming the part; kNotFound, kIo when it cannot
// be opened.
Result<XlsxTemplate> OpenXlsxTemplate(const std::filesystem::path& path,
                                      const ZipLimits& limits = {});

XlsxCellWriter::Epoch EpochOf(const XlsxWorkbook& workbook);

// What a run with no rows would read: the sheet `Data` to its end. Errors name the part.
Status CheckDataSheet(XlsxTemplate& opened);

// Inflates every entry, whether its data is what the directory says of it, and refuses a document
// type declaration also in the parts that a run only copies: readers of the result may follow it.
Status CheckEntries(ZipReader& zip);

}  // namespace carrel::render
