#include "runtime/usage/sheet_cells.h"

#include <charconv>

#include "runtime/usage/xml_text.h"

namespace carrel::usage {
namespace {

constexpr std::string_view kSpace = " \t\r\n";

std::string_view Trim(std::string_view text) {
  const size_t begin = text.find_first_not_of(kSpace);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

void PutText(std::string_view text, Cell& cell) {
  cell.text = text;
  cell.kind = text.empty() ? CellKind::kEmpty : CellKind::kText;
}

CellFault PutShared(std::string_view text, const SharedStrings* strings, Cell& cell) {
  uint32_t index = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
  if (error != std::errc() || end != text.data() + text.size()) return CellFault::kBadIndex;
  if (strings == nullptr || index >= strings->size()) return CellFault::kNoSuchString;
  PutText((*strings)[index], cell);
  return CellFault::kNone;
}

CellFault PutBool(std::string_view text, Cell& cell) {
  if (text == "1" || text == "true") {
    cell.text = "1";
  } else if (text == "0" || text == "false") {
    cell.text = "0";
  } else {
    return CellFault::kBadBool;
  }
  return CellFault::kNone;
}

}  // namespace

CellType CellTypeOf(std::string_view name) {
  if (name.empty() || name == "n") return CellType::kNumber;
  if (name == "s") return CellType::kShared;
  if (name == "str") return CellType::kString;
  if (name == "inlineStr") return CellType::kInline;
  if (name == "b") return CellType::kBool;
  if (name == "e") return CellType::kError;
  if (name == "d") return CellType::kDate;
  return CellType::kUnknown;
}

CellFault MakeCell(const CellParts& parts, const SharedStrings* strings, TextArena& arena,
                   Cell& cell) {
  cell = Cell{{}, CellKind::kEmpty, parts.date_style};
  if (parts.type == CellType::kString || parts.type == CellType::kInline) {
    const bool is_plain = parts.type == CellType::kInline;
    PutText(is_plain ? parts.text : UnescapeWorkbookText(parts.text, arena), cell);
    return CellFault::kNone;
  }
  const std::string_view text = Trim(parts.text);
  if (parts.type == CellType::kUnknown) return CellFault::kUnknownType;
  if (text.empty()) {
    if (parts.has_formula) cell.kind = CellKind::kNoValue;
    return CellFault::kNone;
  }
  cell.text = text;
  switch (parts.type) {
    case CellType::kShared:
      return PutShared(text, strings, cell);
    case CellType::kBool:
      cell.kind = CellKind::kBool;
      return PutBool(text, cell);
    case CellType::kError:
      cell.kind = CellKind::kError;
      return CellFault::kNone;
    case CellType::kDate:
      cell.kind = CellKind::kDate;
      return CellFault::kNone;
    default:
      cell.kind = CellKind::kNumber;
      return CellFault::kNone;
  }
}

size_t ReadColumn(const char*& at) {
  size_t column = 0;
  int letters = 0;
  for (; *at >= 'A' && *at <= 'Z' && letters < 4; ++at, ++letters) {
    column = column * 26 + static_cast<size_t>(*at - 'A' + 1);
  }
  return letters == 0 || letters == 4 ? SIZE_MAX : column - 1;
}

}  // namespace carrel::usage
