// Every command there is, and the way from the command line to one of them.
#pragma once

#include <span>
#include <string_view>

#include "runtime/cli/invocation.h"

namespace carrel::cli {

struct CommandRow {
  std::string_view name;
  std::string_view summary;
  void (*define)(CLI::App& command, Invocation& invocation);
};

// To add a command: 1. `x_command.cc` with `void DefineX(CLI::App&, Invocation&)`; 2. its line
// among these; 3. its row in commands.cc; 4. its file in CMakeLists.txt; 5. its tests under
// tests/integration.
void DefineRun(CLI::App& command, Invocation& invocation);
void DefineValidate(CLI::App& command, Invocation& invocation);
void DefineRepo(CLI::App& command, Invocation& invocation);
void DefineTemplate(CLI::App& command, Invocation& invocation);
void DefineReport(CLI::App& command, Invocation& invocation);
void DefineCatalog(CLI::App& command, Invocation& invocation);
void DefineUsage(CLI::App& command, Invocation& invocation);
void DefineDoctor(CLI::App& command, Invocation& invocation);
void DefineVersion(CLI::App& command, Invocation& invocation);
void DefineCompletion(CLI::App& command, Invocation& invocation);

std::span<const CommandRow> Commands();
// All of them below `root`, and what may stand before their names.
void DefineCommands(CLI::App& root, Invocation& invocation);

// The whole life of the process but its helper role; the exit status.
int RunCommandLine(int argc, const char* const* argv);

}  // namespace carrel::cli
