// Faults as people and machines read them: text with the source line and a caret, JSON, SARIF 2.1.0
// (code scanning) and JUnit XML (test panels of CI systems).
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>

#include "runtime/base/json.h"
#include "runtime/template/fault.h"

namespace carrel::manifest {

// The text of a file by the name a fault carries; nullopt when it cannot be shown.
using SourceLookup = std::function<std::optional<std::string>(const std::string& file)>;

enum class Colour { kOff, kOn };

// Every fault as "file:line:column: error: message", the source line and a caret below; nothing
// after them. Control and direction characters of the input are escaped, long lines cut.
std::string FaultsToText(std::span<const Fault> faults, const SourceLookup& sources,
                         Colour colour = Colour::kOff);

// {"ok", "errors", "warnings", "faults": [{severity, rule, file, line, column, path, message,
// found, expected, near_miss}]}; members without a value are left out.
Json FaultsToJson(std::span<const Fault> faults);
Json FaultsToSarif(std::span<const Fault> faults);
std::string FaultsToJunit(std::span<const Fault> faults);

}  // namespace carrel::manifest
