// The store alone, for commands that neither fetch nor run anything.
#pragma once

#include <memory>

#include "runtime/base/result.h"
#include "runtime/cli/settings.h"
#include "runtime/store/database.h"

namespace carrel::cli {

// Makes the data directory and opens (and migrates) the store in it.
Result<std::unique_ptr<store::Database>> OpenRecords(const Settings& settings);

}  // namespace carrel::cli
