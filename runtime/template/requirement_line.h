// One requirement as pip writes it, "name[extra]>=1,<2 ; marker --hash=sha256:...", taken apart and
// put together again in one form. Nothing that could make an installer do more passes.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "runtime/template/requirements.h"

namespace carrel::manifest {

enum class Hashes { kAllowed, kRefused };

// The error says what `text` is and what was expected.
std::expected<Requirement, std::string> ParseRequirementLine(std::string_view text, Hashes hashes);

// A version range of poetry ("^1.2", "~1.2", "1.*", ">=1 <2", "*") as pip's list of specifiers,
// ">=1.2,<2"; empty for any version.
std::expected<std::string, std::string> PoetryRange(std::string_view range);

// "python_version >= '3.8' and python_version < '4'" of pip's list of specifiers.
std::string PythonMarker(std::string_view specifiers);

}  // namespace carrel::manifest
