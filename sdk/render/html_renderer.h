// Rows as one html page: a table to sort and filter, totals, charts, and all rows as csv within.
#pragma once

#include <memory>

#include "runtime/base/result.h"
#include "sdk/render/renderer.h"

namespace carrel::render {

Result<std::unique_ptr<Renderer>> MakeHtmlRenderer(const RendererOptions& options);

}  // namespace carrel::render
