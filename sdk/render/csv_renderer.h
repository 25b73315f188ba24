// Rows of cells as CSV, to the byte what Python's csv.writer makes of the same values.
#pragma once

#include <memory>

#include "sdk/render/renderer.h"

namespace carrel::render {

// args.delimiter: one character, default ';'. args.quoting: "all" (default) or "minimal".
Result<std::unique_ptr<Renderer>> MakeCsvRenderer(const RendererOptions& options);

}  // namespace carrel::render
