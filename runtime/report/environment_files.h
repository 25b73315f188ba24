// What pip has unpacked, made into an environment: everything that Python runs on its own accord or
// that the SDK provides taken out, the rest checked and read-only.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "runtime/base/result.h"

namespace carrel::report {

// `site` was written by strangers and is written by nobody any more. Takes out *.pth,
// sitecustomize, usercustomize, scripts and the packages that the SDK provides; then directories
// are 0555 and files 0444, owned by this process; `site` itself stays open for its owner. Returns
// the distributions that stay, "name-version". kInvalid for anything but directories and regular
// files.
Result<std::vector<std::string>> MakeEnvironment(const std::filesystem::path& site);

}  // namespace carrel::report
