// Parameter values and limits as a command line gives them.
#pragma once

#include <string>
#include <vector>

#include "runtime/base/json.h"
#include "runtime/base/result.h"
#include "runtime/cli/console.h"
#include "runtime/cli/settings.h"
#include "runtime/template/manifest.h"

namespace CLI {
class App;
}

namespace carrel::cli {

struct GivenValues {
  std::vector<std::string> parameters;  // "ID=VALUE", each of them over the file's
  std::string file;                     // a JSON object id -> value, or a list of {id, value}
  std::vector<std::string> limits;      // "NAME=VALUE"
};

// --param, --params and --limit.
void AddValueOptions(CLI::App& command, GivenValues& values);

// [{id, value}], still unchecked. kInvalid for a file that is none of the two forms, kUsage for a
// --param without '='.
Result<Json> ParametersOf(const manifest::ReportDefinition& report, const GivenValues& values);

// {"wall_s": 2}, still unchecked.
Result<Json> LimitsOf(const GivenValues& values);
// The same, with a note on each that is above this host's, which holds then.
Result<Json> LimitsBelow(const Settings& settings, const GivenValues& values, Console& console);

}  // namespace carrel::cli
