// Workbook templates of strangers, as validation and a run read them.
#include <array>
#include <string>
#include <string_view>

#include "sdk/render/renderer.h"
#include "sdk/render/workbook_inspect.h"
#include "tests/fuzz/memory_file.h"

namespace {

using namespace carrel;
using fuzz::GoodParts;
using fuzz::MemoryFile;
using fuzz::Require;

Status Render(const MemoryFile& opened, const MemoryFile& output) {
  render::RendererOptions options;
  options.type = "xlsx";
  options.root = "/proc/self/fd";
  options.template_path = opened.name();
  options.output_fd = output.fd();
  CARREL_ASSIGN_OR_RETURN(auto renderer, render::MakeRenderer(options));
  render::Cell text, day;
  text.kind = render::CellKind::kText;
  text.text = "a<b";
  day.kind = render::CellKind::kDate;
  const std::array cells = {text, render::Cell(), day};
  for (int row = 0; row < 3; ++row) CARREL_TRY(renderer->WriteRow(cells));
  return renderer->Finish("2020-01-01T00:00:00+00:00");
}

void Check(const MemoryFile& file) {
  const auto info = render::InspectWorkbook(file.path());
  if (!info) return;
  bool has_data = false;
  for (const auto& sheet : info->sheets) has_data |= sheet.name == "Data" && sheet.is_worksheet;
  if (!has_data) return;
  const MemoryFile output;
  const Status rendered = Render(file, output);
  Require(rendered.has_value(), "validated but not rendered",
          rendered ? "" : rendered.error().message);
  const auto again = render::InspectWorkbook(output.path());
  Require(again.has_value(), "rendered but not valid", again ? "" : again.error().message);
}

}  // namespace

// First byte: 0 for an archive, n for the XML of the nth part.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const size_t part = data[0] % (GoodParts().size() + 1);
  if (part == 0) {
    Check(MemoryFile(bytes));
    return 0;
  }
  Check(MemoryFile(fuzz::SmallWorkbook({GoodParts()[part - 1].first, std::string(bytes)})));
  return 0;
}
