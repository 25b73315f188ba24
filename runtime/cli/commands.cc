#include "runtime/cli/commands.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstdio>
#include <string>
#include <vector>

#include "runtime/base/exceptions.h"
#include "runtime/base/text.h"
#include "runtime/cli/signals.h"

namespace carrel::cli {
namespace {

constexpr std::array kCommands = {
    CommandRow{"run", "one report, start to end", DefineRun},
    CommandRow{"validate", "every fault of a report repository", DefineValidate},
    CommandRow{"repo", "report repositories of this host", DefineRepo},
    CommandRow{"template", "the reports that repositories offer", DefineTemplate},
    CommandRow{"report", "create, watch and fetch reports", DefineReport},
    CommandRow{"catalog", "accounts, products, items, assets: import and look", DefineCatalog},
    CommandRow{"usage", "usage files: from a spreadsheet to the bill", DefineUsage},
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

std::vector<std::string> NamesOf(const std::vector<const CLI::App*>& commands) {
  std::vector<std::string> names;
  names.reserve(commands.size());
  for (const CLI::App* command : commands) names.push_back(command->get_name());
  return names;
}

std::string Expected(const std::string& word, const std::vector<std::string>& names) {
  const std::string near = DidYouMean(word, names);
  return near.empty() ? fmt::format(", expected {}", Join(names, ", ")) : near;
}

// The parser's own words for a command that does not exist name options that are not its fault.
Error UsageError(const CLI::App& root, const CLI::ParseError& error, int argc,
                 const char* const* argv) {
  const CLI::App* command = &root;
  std::string path = "carrel";
  for (int i = 1; i < argc; ++i) {
    const auto subcommands = command->get_subcommands([](const CLI::App*) { return true; });
    const std::string word = argv[i];
    if (word == "--json" || word.starts_with("--data=")) continue;
    if (word == "--data") {
      ++i;
      continue;
    }
    if (subcommands.empty() || word.starts_with('-')) break;
    const auto next = std::ranges::find(subcommands, word, &CLI::App::get_name);
    if (next == subcommands.end()) {
      return {Code::kUsage, fmt::format("unknown command '{} {}'{}", path, word,
                                        Expected(word, NamesOf(subcommands)))};
    }
    command = *next;
    path += " " + word;
  }
  return {Code::kUsage, fmt::format("{}; see {} --help", error.what(), path)};
}

// "--ref=": the parser would take the next word for the value.
Status CheckValues(int argc, const char* const* argv) {
  for (int i = 1; i < argc && std::string_view(argv[i]) != "--"; ++i) {
    const std::string_view word = argv[i];
    if (word.starts_with("--") && word.find('=') == word.size() - 1) {
      return Fail(Code::kUsage, fmt::format("{}: found nothing after '=', expected a value",
                                            word.substr(0, word.size() - 1)));
    }
  }
  return {};
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
  // A large write fails by itself and leaves nothing to flush.
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    console.Note("carrel: error: standard output could not be written", Style::kRed);
    return Exit(ExitCode::kFailed);
  }
  return Exit(*done);
}

}  // namespace

std::span<const CommandRow> Commands() { return kCommands; }

void DefineCommands(CLI::App& root, Invocation& invocation) {
  AddCommonOptions(root, invocation);
  for (const CommandRow& row : kCommands) {
    CLI::App& command = *root.add_subcommand(std::string(row.name), std::string(row.summary));
    row.define(command, invocation);
    // Between the words of a command of several they are carrel's.
    if (!command.get_subcommands({}).empty()) command.fallthrough();
  }
}

int RunCommandLine(int argc, const char* const* argv) {
  IgnoreFileSizeSignal();
  CLI::App root("Runs report plugins from git repositories in a sandbox.", "carrel");
  Invocation invocation;
  DefineCommands(root, invocation);
  root.require_subcommand(1);
  root.footer("Example:\n  carrel run https://github.com/cloudblue/connect-reports.git requests");
  if (const Status checked = CheckValues(argc, argv); !checked) {
    Console(OutputAsked(argc, argv)).PrintError(checked.error());
    return Exit(ExitCode::kUsage);
  }
  try {
    root.parse(argc, argv);
  } catch (const CLI::Success& help) {
    return root.exit(help);
  } catch (const CLI::ParseError& error) {
    Console console(OutputAsked(argc, argv));
    console.PrintError(UsageError(root, error, argc, argv));
    return Exit(ExitCode::kUsage);
  }
  Console console(invocation.json ? Console::Output::kJson : Console::Output::kText);
  try {
    return Perform(invocation, console);
  } catch (const std::exception& error) {
    const Error failure = ErrorOf(error);
    console.PrintError(failure);
    return Exit(ExitCodeOf(failure.code));
  }
}

}  // namespace carrel::cli
