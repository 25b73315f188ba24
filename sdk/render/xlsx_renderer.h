// Rows of cells laid into the `Data` sheet of a workbook template.
#pragma once

#include <memory>

#include "sdk/render/renderer.h"

namespace carrel::render {

// args.start_row (default 2), args.start_col (default 1): where the first value goes.
// args.overflow: "continue" (default) goes on in sheet `Data (2)` when `Data` is full, "fail" ends
// with kLimit.
Result<std::unique_ptr<Renderer>> MakeXlsxRenderer(const RendererOptions& options);

}  // namespace carrel::render
