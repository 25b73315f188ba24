// Publishes a plain directory as it stands, for authors who run a report before they commit it.
#pragma once

#include <filesystem>

#include "runtime/base/result.h"
#include "runtime/git/types.h"

namespace carrel::git {

// Copies all below `source` but its top-level `.git`. The address is the sha256 over every name and
// content, so the same state gives the same checkout. Symbolic links, FIFOs, sockets and devices
// are kInvalid by name; a missing `source` is kNotFound.
Result<Checkout> ExportPlainDirectory(const std::filesystem::path& source,
                                      const std::filesystem::path& checkouts,
                                      const ExportLimits& limits);

}  // namespace carrel::git
