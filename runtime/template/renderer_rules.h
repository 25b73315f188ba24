// What each renderer type asks of its definition. To add a renderer type: 1. its enumerator and
// name in manifest.h/.cc; 2. its row in kRules of renderer_rules.cc, with a function if it takes
// arguments; 3. its name and arguments in sdk/schema/reports.schema.json.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/template/manifest.h"
#include "runtime/template/object_reader.h"
#include "runtime/template/parser.h"

namespace carrel::manifest {

inline constexpr long long kMaxSheetRows = 1'048'576;
inline constexpr long long kMaxSheetColumns = 16'384;

// Reads `template` and `args` of one renderer; what they name goes to `references`.
void ReadTypedRenderer(ObjectReader& reader, RendererType type, Renderer& renderer,
                       std::vector<Reference>& references);

}  // namespace carrel::manifest
