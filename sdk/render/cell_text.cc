#include "sdk/render/cell_text.h"

#include <charconv>
#include <cmath>
#include <limits>

#include "sdk/render/number_text.h"
#include "sdk/render/time_text.h"

namespace carrel::render {

void AppendCellText(std::string& out, const Cell& cell) {
  if (PrintsItself(cell)) {
    out += cell.printed;
    return;
  }
  char buffer[64];
  static_assert(sizeof buffer >= kNumberRoom && sizeof buffer >= kTimeRoom);
  char* end = buffer;
  switch (cell.kind) {
    case CellKind::kNone:
      break;
    case CellKind::kBool:
      out += cell.integer != 0 ? "True" : "False";
      break;
    case CellKind::kInteger:
      end = PutInteger(buffer, cell.integer);
      break;
    case CellKind::kFloat:
      end = PutPythonFloat(buffer, cell.number);
      break;
    case CellKind::kDate:
      end = PutDate(buffer, cell.micros);
      break;
    case CellKind::kTime:
      end = PutTime(buffer, cell);
      break;
    case CellKind::kDateTime:
      end = PutDateTime(buffer, cell);
      break;
    case CellKind::kDuration:
      end = PutDuration(buffer, cell.micros);
      break;
    case CellKind::kBigInteger:
    case CellKind::kDecimal:
    case CellKind::kText:
    case CellKind::kLongDuration:
    case CellKind::kOther:
      out += cell.text;
      break;
  }
  out.append(buffer, end);
}

bool IsNumber(CellKind kind) {
  return kind == CellKind::kInteger || kind == CellKind::kBigInteger || kind == CellKind::kFloat ||
         kind == CellKind::kDecimal;
}

double NumberOf(const Cell& cell) {
  constexpr double kNoNumber = std::numeric_limits<double>::quiet_NaN();
  if (cell.kind == CellKind::kInteger) return static_cast<double>(cell.integer);
  if (cell.kind == CellKind::kFloat) return cell.number;
  if (!IsNumber(cell.kind)) return kNoNumber;
  std::string_view text = cell.text;
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size()) return kNoNumber;
  return error == std::errc() ? value : kNoNumber;
}

int64_t UtcMicros(const Cell& cell) {
  return cell.with_zone ? cell.micros - int64_t{60} * cell.offset_minutes * kMicrosPerSecond
                        : cell.micros;
}

}  // namespace carrel::render
