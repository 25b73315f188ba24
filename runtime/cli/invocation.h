// What one command line asked for, between its parsing and its execution.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/cli/console.h"
#include "runtime/cli/exit_code.h"
#include "runtime/cli/settings.h"

namespace CLI {
class App;
}

namespace carrel::cli {

// What an action works with.
struct Context {
  const Settings& settings;
  Console& console;
};

using Action = std::function<Result<ExitCode>(Context&)>;

struct Invocation {
  std::map<std::string, std::string> flags;  // settings given on the command line
  bool json = false;
  Action action;  // of the command that was named
};

// --data and --json, which every command takes, and carrel before the name of one.
void AddCommonOptions(CLI::App& command, Invocation& invocation);

// Adds the common options, the example to --help, and makes `action` what the command does.
void Finish(CLI::App& command, Invocation& invocation, const std::string& example, Action action);

// An option that is the setting `setting` on the command line: "--endpoint URL".
void AddSettingOption(CLI::App& command, Invocation& invocation, const std::string& option,
                      const std::string& setting);

// What an operator says of the apis that reports call; `connections` takes each NAME=URL and
// outlives the parsing.
void AddApiOptions(CLI::App& command, Invocation& invocation,
                   std::vector<std::string>& connections);

// --sandbox degraded, for a command that runs workers.
void AddSandboxOption(CLI::App& command, Invocation& invocation);

// Reads "@FILE" as the content of FILE without the last newline, "@@..." as a text that begins
// with '@', anything else as it is.
Result<std::string> TextOrFile(const std::string& value);

}  // namespace carrel::cli
