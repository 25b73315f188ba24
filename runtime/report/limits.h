// How much one run may use. The host's limits are the ceiling; a report definition and whoever
// creates a report may only lower them.
#pragma once

#include "runtime/base/json.h"
#include "runtime/base/result.h"
#include "runtime/template/manifest.h"
#include "sandbox/limits.h"

namespace carrel::report {

using sandbox::Limits;

// The smaller of each pair; fractions of a second count as a whole one.
Limits Lowered(Limits ceiling, const manifest::ReportLimits& wishes);

// The same for wishes by name, {"wall_s": 10}; null means none. kInvalid for an unknown name (with
// the near miss) or a value that is not a number at or above the limit's minimum.
Result<Limits> Lowered(Limits ceiling, const Json& wishes);

}  // namespace carrel::report
