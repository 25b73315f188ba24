#include <fmt/format.h>

#include <algorithm>

#include "sdk/render/csv_renderer.h"
#include "sdk/render/html_renderer.h"
#include "sdk/render/json_renderer.h"
#include "sdk/render/renderer.h"
#include "sdk/render/xlsx_renderer.h"

namespace carrel::render {
namespace {

using Factory = Result<std::unique_ptr<Renderer>> (*)(const RendererOptions&);

struct RendererRow {
  std::string_view type;
  Factory make;
};

// jinja2 and pdf are rendered by the Python host.
constexpr RendererRow kRenderers[] = {
    {"xlsx", MakeXlsxRenderer},     {"csv", MakeCsvRenderer},   {"json", MakeJsonRenderer},
    {"ndjson", MakeNdjsonRenderer}, {"html", MakeHtmlRenderer},
};

const RendererRow* FindRenderer(std::string_view type) {
  const auto* row = std::ranges::find(kRenderers, type, &RendererRow::type);
  return row == std::end(kRenderers) ? nullptr : row;
}

}  // namespace

Status Renderer::WriteRow(Row) {
  return Fail(Code::kInternal, "this renderer takes JSON values, not rows of cells");
}

Status Renderer::WriteValue(std::string_view) {
  return Fail(Code::kInternal, "this renderer takes rows of cells, not JSON values");
}

Status Renderer::WriteDocument(std::string_view) {
  return Fail(Code::kInternal, "this renderer takes rows of cells, not a document");
}

Result<std::unique_ptr<Renderer>> MakeRenderer(const RendererOptions& options) {
  const RendererRow* row = FindRenderer(options.type);
  if (row == nullptr) {
    return Fail(Code::kInvalid,
                fmt::format("renderer type \"{}\": expected xlsx, csv, json, ndjson or html here",
                            options.type));
  }
  if (!options.args.is_null() && !options.args.is_object()) {
    return Fail(Code::kInvalid, "renderer args: expected an object");
  }
  return row->make(options);
}

}  // namespace carrel::render
