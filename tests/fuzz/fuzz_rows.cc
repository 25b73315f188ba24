#include "tests/fuzz/fuzz_rows.h"

#include "runtime/base/text.h"

namespace carrel::fuzz {
namespace {

using render::Cell;
using render::CellKind;

constexpr int64_t kFirstMicros = -62'135'596'800'000'000;  // year 1
constexpr int64_t kLastMicros = 253'402'300'799'999'999;   // year 9999

void MakeMoment(FuzzedDataProvider& data, Cell& cell) {
  constexpr int64_t kDay = 86'400'000'000;
  cell.micros = data.ConsumeIntegralInRange<int64_t>(kFirstMicros, kLastMicros);
  if (cell.kind == CellKind::kDate) cell.micros -= (cell.micros % kDay + kDay) % kDay;
  if (cell.kind == CellKind::kTime) cell.micros = (cell.micros % kDay + kDay) % kDay;
  cell.with_zone = cell.kind != CellKind::kDate && data.ConsumeBool();
  if (cell.with_zone) {
    cell.offset_minutes = data.ConsumeIntegralInRange<int16_t>(-1439, 1439);
  }
}

}  // namespace

Rows::Rows(FuzzedDataProvider& data) {
  while (data.remaining_bytes() > 0 && rows_.size() < 50) {
    auto& row = rows_.emplace_back();
    for (auto n = data.ConsumeIntegralInRange<int>(0, 8); n > 0; --n) row.push_back(Make(data));
  }
}

// As a language host gives it: always UTF-8.
std::string_view Rows::Text(FuzzedDataProvider& data) {
  return texts_.emplace_back(ToUtf8(data.ConsumeRandomLengthString(200)));
}

std::string_view Rows::Digits(FuzzedDataProvider& data) {
  std::string text(data.ConsumeBool() ? "-" : "");
  text += std::to_string(data.ConsumeIntegral<uint64_t>());
  text.append(data.ConsumeIntegralInRange<size_t>(0, 400), '0');
  return texts_.emplace_back(std::move(text));
}

std::string_view Rows::Decimal(FuzzedDataProvider& data) {
  const char* const odd[] = {"NaN", "sNaN", "Infinity", "-Infinity", "NaN123", "-0", "0E-9"};
  if (data.ConsumeBool()) return odd[data.ConsumeIntegralInRange<size_t>(0, 6)];
  std::string text = std::to_string(data.ConsumeIntegral<int64_t>());
  text += "." + std::to_string(data.ConsumeIntegral<uint32_t>());
  if (data.ConsumeBool()) text += "E" + std::to_string(data.ConsumeIntegral<int16_t>());
  return texts_.emplace_back(std::move(text));
}

Cell Rows::Make(FuzzedDataProvider& data) {
  Cell cell;
  cell.kind = static_cast<CellKind>(data.ConsumeIntegralInRange<int>(0, 12));
  switch (cell.kind) {
    case CellKind::kNone:
      break;
    case CellKind::kBool:
      cell.integer = data.ConsumeBool() ? 1 : 0;
      break;
    case CellKind::kInteger:
      cell.integer = data.ConsumeIntegral<int64_t>();
      break;
    case CellKind::kFloat:
      cell.number = data.ConsumeFloatingPoint<double>();
      break;
    case CellKind::kBigInteger:
      cell.text = Digits(data);
      break;
    case CellKind::kDecimal:
      cell.text = Decimal(data);
      break;
    case CellKind::kText:
      cell.text = Text(data);
      break;
    case CellKind::kOther:
      cell.text = Text(data);
      cell.type_name = "dict";
      break;
    case CellKind::kLongDuration:
      cell.number = data.ConsumeFloatingPoint<double>();
      cell.text = Text(data);
      break;
    case CellKind::kDuration:
      cell.micros = data.ConsumeIntegral<int64_t>() / 2;
      break;
    case CellKind::kDate:
    case CellKind::kTime:
    case CellKind::kDateTime:
      MakeMoment(data, cell);
  }
  if (cell.kind != CellKind::kNone && data.ConsumeBool()) cell.printed = Text(data);
  return cell;
}

std::unique_ptr<render::Renderer> OpenRenderer(const std::string& type, const MemoryFile& output,
                                               const MemoryFile* book, const Json& args) {
  render::RendererOptions options;
  options.type = type;
  options.args = args;
  options.output_fd = output.fd();
  if (book != nullptr) {
    options.root = "/proc/self/fd";
    options.template_path = book->name();
  }
  auto renderer = render::MakeRenderer(options);
  Require(renderer.has_value(), type, renderer ? "" : renderer.error().message);
  return std::move(*renderer);
}

}  // namespace carrel::fuzz
