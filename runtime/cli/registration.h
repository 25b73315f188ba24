// Makes a prepared source known to the store, so that a one-off run leaves the same rows as a
// report of a server.
#pragma once

#include <string>

#include "runtime/base/result.h"
#include "runtime/cli/app.h"
#include "runtime/cli/sources.h"
#include "runtime/report/template_store.h"

namespace carrel::cli {

// The enabled template of the report `local_id` at exactly the source's commit. The repository's
// row is added, or configured again when it stands at another commit or the template is blocked.
// kInvalid with every fault for a repository that is not valid (nothing is stored then), kNotFound
// with the near miss for an unknown report, kConflict for a template that was disabled.
Result<report::Template> Register(App& app, const report::Account& account,
                                  const PreparedSource& source, const std::string& local_id);

}  // namespace carrel::cli
