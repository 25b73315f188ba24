#include "sdk/render/table_header.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "runtime/base/text.h"
#include "sdk/render/fold_case.h"
#include "sdk/render/workbook_text.h"
#include "sdk/render/xlsx_cell.h"

namespace carrel::render {
namespace {

constexpr size_t kMaxHeader = 255;  // UTF-16 units

std::string Shown(std::string_view header) { return EscapeControls(Truncate(header, 60)); }

}  // namespace

Status CheckTableHeader(std::string_view header) {
  const bool control =
      std::ranges::any_of(header, [](char c) { return c == '\n' || c == '\r' || c == '\t'; });
  if (!header.empty() && !control && FitsUtf16(header, kMaxHeader) && !IsErrorText(header) &&
      header.find("_x") == std::string_view::npos) {
    return {};
  }
  return Fail(Code::kInvalid,
              fmt::format("found header \"{}\", expected 1 to {} characters without line ends, "
                          "tabs and \"_x\", and no error value",
                          Shown(header), kMaxHeader));
}

Status CheckDistinctHeaders(std::span<const std::string> headers) {
  std::set<std::string> seen;
  for (const std::string& header : headers) {
    if (!seen.insert(FoldCase(header)).second) {
      return Fail(Code::kInvalid, fmt::format("two headers \"{}\"", Shown(header)));
    }
  }
  return {};
}

}  // namespace carrel::render
