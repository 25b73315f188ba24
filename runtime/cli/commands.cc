#include "runtime/cli/commands.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cstdio>
#include <string>
#include <vector>

#include "runtime/base/text.h"

namespace carrel::cli {
namespace {

constexpr std::array kCommands = {
    CommandRow{"run", "one report, start to end", DefineRun},
    CommandRow{"validate", "every fault of a report repository", DefineValidate},
    CommandRow{"repo", "report repositories of this host", DefineRepo},
    CommandRow{"template", "the reports that repositories offer", DefineTemplate},
    CommandRow{"report", "create, watch and fetch reports", DefineReport},
    CommandRow{"doctor", "what this host offers, each part probed", DefineDoctor},
    CommandRow{"version", "the version of carrel", DefineVersion},
    CommandRow{"completion", "completion script for bash, zsh or fish", DefineCompletion},
};

// A parser fails before --json is known.
Console::Output OutputAsked(int argc, const char* const* argv) {
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]) == "--json") return Console::Output::kJson;
  }
  return Console::Output::kText;
}

Error UsageError(const CLI::ParseError& error, int argc, const char* const* argv) {
  std::vector<std::string> names;
  names.reserve(kCommands.size());
  for (const CommandRow& row : kCommands) names.emplace_back(row.name);
  const std::string first = argc > 1 ? argv[1] : "";
  if (first.empty() || first.starts_with('-') || std::ranges::find(names, first) != names.end()) {
    return {Code::kUsage, fmt::format("{}; see carrel --help", error.what())};
  }
  const std::string near = NearMiss(first, names);
  return {Code::kUsage, fmt::format("unknown command '{}'{}", first,
                                    near.empty() ? fmt::format(", expected {}", Join(names, ", "))
                                                 : fmt::format("; did you mean '{}'?", near))};
}

int Exit(ExitCode code) { return static_cast<int>(code); }

int Perform(const Invocation& invocation, Console& console) {
  auto settings = Settings::Load(invocation.flags);
  if (!settings) {
    console.PrintError(settings.error());
    return Exit(ExitCodeOf(settings.error().code));
  }
  Context context{*settings, console};
  const auto done = invocation.action(context);
  if (!done) {
    console.PrintError(done.error());
    return Exit(ExitCodeOf(done.error().code));
  }
  if (std::fflush(stdout) != 0) {
    console.Note("carrel: error: standard output could not be written", Style::kRed);
    return Exit(ExitCode::kFailed);
  }
  return Exit(*done);
}

}  // namespace

std::span<const CommandRow> Commands() { return kCommands; }

int RunCommandLine(int argc, const char* const* argv) {
  CLI::App root("Runs report plugins from git repositories in a sandbox.", "carrel");
  Invocation invocation;
  for (const CommandRow& row : kCommands) {
    row.define(*root.add_subcommand(std::string(row.name), std::string(row.summary)), invocation);
  }
  root.require_subcommand(1);
  root.footer("Example:\n  carrel run https://github.com/cloudblue/connect-reports.git requests");
  try {
    root.parse(argc, argv);
  } catch (const CLI::Success& help) {
    return root.exit(help);
  } catch (const CLI::ParseError& error) {
    Console console(OutputAsked(argc, argv));
    console.PrintError(UsageError(error, argc, argv));
    return Exit(ExitCode::kUsage);
  }
  Console console(invocation.json ? Console::Output::kJson : Console::Output::kText);
  try {
    return Perform(invocation, console);
  } catch (const std::exception& error) {
    console.PrintError({Code::kInternal, error.what()});
    return Exit(ExitCode::kBug);
  }
}

}  // namespace carrel::cli
