#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "runtime/base/text.h"
#include "runtime/cli/app.h"
#include "runtime/cli/commands.h"
#include "runtime/cli/signals.h"
#include "runtime/cli/sources.h"
#include "runtime/report/report_json.h"

namespace carrel::cli {
namespace {

using report::Repository;

struct Options {
  std::string source;  // or id
  std::string ref;
  std::string name;
  int64_t limit = 100;
  int64_t offset = 0;
};

void Print(const Repository& row, Console& console) {
  if (console.is_json()) {
    console.PrintJson(OrderedJson(ToJson(row)));
    return;
  }
  console.Print(fmt::format("{}  {}  {}", row.id, report::Name(row.status),
                            row.name.empty() ? "-" : row.name));
  console.Print(fmt::format("  url       {}", row.git.url));
  console.Print(fmt::format("  ref       {}", row.git.tag.empty() ? "(default)" : row.git.tag));
  console.Print(fmt::format("  commit    {}", row.git.commit));
  console.Print(fmt::format("  version   {}  revision {}  language {}", row.version, row.revision,
                            row.language));
  if (!row.notes.empty()) console.Print("  notes     " + row.notes);
}

// What add, sync and update have in common: `step` is called with the service, the account and the
// watch. The exit code tells the kind of fault, the repository's notes all of it.
template <typename Step>
Result<ExitCode> Configure(Context& context, const Step& step) {
  CARREL_ASSIGN_OR_RETURN(const StopOnSignal stop, StopOnSignal::Install());
  CARREL_ASSIGN_OR_RETURN(const auto app, App::Open(context.settings));
  CARREL_TRY(app->host().CheckWorker());
  ProgressView progress(context.console);
  CARREL_ASSIGN_OR_RETURN(const report::Configuration done,
                          step(app->repository_service(), OperatorOf(context.settings),
                               WatchOn(progress, stop.token())));
  progress.Clear();
  const Repository& row = done.repository;
  Print(row, context.console);
  if (!done.fault) return ExitCode::kDone;
  context.console.Note(
      fmt::format("carrel: error: repository {} failed: {}", row.id, done.fault->message),
      Style::kRed);
  return ExitCodeOf(done.fault->code);
}

Result<ExitCode> Add(Context& context, const Options& options) {
  CARREL_ASSIGN_OR_RETURN(report::AddRepository request,
                          Locate(options.source, options.ref, context.settings, context.console));
  request.name = options.name;
  return Configure(context, [&](auto& service, const auto& account, const auto& watch) {
    return service.Add(account, kOrigin, request, watch);
  });
}

Result<ExitCode> List(Context& context, const Options& options) {
  CARREL_ASSIGN_OR_RETURN(const auto app, App::Open(context.settings));
  report::RepositoryFilter filter;
  filter.limit = options.limit;
  filter.offset = options.offset;
  CARREL_ASSIGN_OR_RETURN(const auto rows,
                          app->repository_service().List(OperatorOf(context.settings), filter));
  if (context.console.is_json()) {
    OrderedJson json = OrderedJson::array();
    for (const Repository& row : rows) json.push_back(OrderedJson(ToJson(row)));
    context.console.PrintJson(json);
    return ExitCode::kDone;
  }
  std::vector<std::vector<std::string>> table = {{"ID", "STATUS", "NAME", "REF", "COMMIT", "URL"}};
  for (const Repository& row : rows) {
    table.push_back({row.id, std::string(report::Name(row.status)), row.name, row.git.tag,
                     Truncate(row.git.commit, 16), row.git.url});
  }
  context.console.PrintTable(table);
  return ExitCode::kDone;
}

Result<ExitCode> ShowOne(Context& context, const Options& options) {
  CARREL_ASSIGN_OR_RETURN(const auto app, App::Open(context.settings));
  CARREL_ASSIGN_OR_RETURN(const Repository row, app->repository_service().Get(
                                                    OperatorOf(context.settings), options.source));
  Print(row, context.console);
  return ExitCode::kDone;
}

Result<ExitCode> Sync(Context& context, const Options& options) {
  return Configure(context, [&](auto& service, const auto& account, const auto& watch) {
    return service.Sync(account, kOrigin, options.source, watch);
  });
}

Result<ExitCode> Update(Context& context, const Options& options) {
  return Configure(
      context,
      [&](auto& service, const auto& account, const auto& watch) -> Result<report::Configuration> {
        CARREL_ASSIGN_OR_RETURN(const Repository before, service.Get(account, options.source));
        const std::string& ref = options.ref.empty() ? before.git.tag : options.ref;
        return service.Update(account, kOrigin, options.source, {.name = options.name, .tag = ref},
                              watch);
      });
}

Result<ExitCode> Remove(Context& context, const Options& options) {
  CARREL_ASSIGN_OR_RETURN(const auto app, App::Open(context.settings));
  CARREL_TRY(
      app->repository_service().Remove(OperatorOf(context.settings), kOrigin, options.source));
  context.console.Print(options.source + " removed");
  if (context.console.is_json()) context.console.PrintJson({{"removed", options.source}});
  return ExitCode::kDone;
}

using Step = Result<ExitCode> (*)(Context&, const Options&);

CLI::App& AddStep(CLI::App& command, Invocation& invocation, const char* name, const char* summary,
                  Step step, const std::shared_ptr<Options>& options) {
  CLI::App& sub = *command.add_subcommand(name, summary);
  const bool is_add = std::string_view(name) == "add";
  Finish(sub, invocation,
         fmt::format("carrel repo {}{}", name,
                     is_add                             ? " https://github.com/o/r.git --ref v1"
                     : std::string_view(name) == "list" ? ""
                                                        : " RR-1234-5678"),
         [options, step](Context& context) { return step(context, *options); });
  return sub;
}

}  // namespace

void DefineRepo(CLI::App& command, Invocation& invocation) {
  const auto options = std::make_shared<Options>();  // owners: the parser and the actions
  command.require_subcommand(1);
  CLI::App& add = AddStep(command, invocation, "add", "fetch, check and offer", Add, options);
  add.add_option("SOURCE", options->source, "git url, or local directory")->required();
  add.add_option("--ref", options->ref, "tag, branch or commit");
  add.add_option("--name", options->name, "default: the one in reports.json");
  AddGitOptions(add, invocation);
  AddSandboxOption(add, invocation);
  CLI::App& list = AddStep(command, invocation, "list", "all of them", List, options);
  list.add_option("--limit", options->limit, "at most so many")->check(CLI::PositiveNumber);
  list.add_option("--offset", options->offset, "leave out the first")
      ->check(CLI::NonNegativeNumber);
  CLI::App& update = AddStep(command, invocation, "update", "another ref or name", Update, options);
  update.add_option("--ref", options->ref, "tag, branch or commit");
  update.add_option("--name", options->name, "the new name");
  CLI::App& show = AddStep(command, invocation, "show", "one of them", ShowOne, options);
  CLI::App& sync = AddStep(command, invocation, "sync", "look its ref up again", Sync, options);
  for (CLI::App* sub : {&update, &sync}) AddSandboxOption(*sub, invocation);
  CLI::App& remove = AddStep(command, invocation, "remove", "with its templates", Remove, options);
  for (CLI::App* sub : {&update, &show, &sync, &remove}) {
    sub->add_option("ID", options->source, "RR-...")->required();
  }
}

}  // namespace carrel::cli
