#include <CLI/CLI.hpp>

#include "runtime/cli/commands.h"

namespace carrel::cli {

void DefineVersion(CLI::App& command, Invocation& invocation) {
  Finish(command, invocation, "carrel version", [](Context& context) -> Result<ExitCode> {
    context.console.Print("carrel " CARREL_VERSION);
    if (context.console.is_json()) context.console.PrintJson({{"version", CARREL_VERSION}});
    return ExitCode::kDone;
  });
}

}  // namespace carrel::cli
