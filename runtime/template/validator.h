// A checked-out repository -> its manifest and every fault of it, those of reports.json and those
// of the files it names.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/template/fault.h"
#include "runtime/template/fault_text.h"
#include "runtime/template/inspector.h"
#include "runtime/template/manifest.h"

namespace carrel::manifest {

struct Validation {
  std::optional<Manifest> manifest;  // set when no fault is an error
  std::vector<Fault> faults;         // sorted by file and place
  bool Ok() const { return manifest.has_value(); }
};

// A fault of the repository is part of the Validation; an Error means that the check itself could
// not be made: the directory cannot be opened, or the inspector could not ask.
Result<Validation> ValidateCheckout(const std::filesystem::path& checkout, Inspector& inspector);

// The text of a file that a fault names, for the line and caret of FaultsToText(); reads the
// checkout under the same rules as the validator.
SourceLookup CheckoutSources(const std::filesystem::path& checkout);

}  // namespace carrel::manifest
