// Rows that are JSON values: one array (`json`), or one value a line (`ndjson`).
#pragma once

#include <memory>

#include "sdk/render/renderer.h"

namespace carrel::render {

Result<std::unique_ptr<Renderer>> MakeJsonRenderer(const RendererOptions& options);
Result<std::unique_ptr<Renderer>> MakeNdjsonRenderer(const RendererOptions& options);

}  // namespace carrel::render
