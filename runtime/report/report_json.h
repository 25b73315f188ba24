// Reports, repositories and templates as the API shows them. Field names follow CloudBlue
// Connect's public OpenAPI; what only this runtime has stands beside them.
#pragma once

#include <cstdint>

#include "runtime/base/json.h"
#include "runtime/report/report_store.h"
#include "runtime/report/repository_store.h"
#include "runtime/report/template_store.h"

namespace carrel::report {

// kConnect: for clients of CloudBlue Connect, a ready report reads "succeeded".
enum class Dialect : uint8_t { kCarrel, kConnect };

Json ToJson(const Report& report, Dialect dialect = Dialect::kCarrel);
// Never holds the credentials.
Json ToJson(const Repository& repository);
Json ToJson(const Template& row, const TemplateStats& stats);

}  // namespace carrel::report
