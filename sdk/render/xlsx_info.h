// The `Info` sheet: what was run, when, by whom and with which parameters.
#pragma once

#include <string>
#include <string_view>

#include "runtime/base/result.h"
#include "sdk/render/renderer.h"
#include "sdk/render/xlsx_styles.h"

namespace carrel::render {

// The sheet's XML. kInvalid when a text cannot be stored in a workbook. `main_namespace` is that of
// the workbook: strict and transitional sheets do not mix.
Result<std::string> InfoSheetXml(const RunInfo& info, std::string_view finish_time,
                                 std::string_view main_namespace, const InfoStyles& styles,
                                 XlsxStyles& sheet_styles);

// As Python's json.dumps(value, indent=4, sort_keys=True).
std::string IndentedJson(const OrderedJson& value);

}  // namespace carrel::render
