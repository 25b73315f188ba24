#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "runtime/base/text.h"
#include "runtime/cli/commands.h"
#include "runtime/cli/execution.h"
#include "runtime/cli/output.h"
#include "runtime/cli/parameters.h"
#include "runtime/cli/signals.h"
#include "runtime/report/report_json.h"

namespace carrel::cli {
namespace {

using report::Report;

struct Options {
  std::string id;  // of the report, or of the template to create one of
  GivenValues values;
  std::string renderer, name, description;
  bool stays_pending = false;
  std::vector<std::string> connections;
  std::string status;
  int64_t limit = 100;
  int64_t offset = 0;
  std::string output;
  bool is_zip = false;
};

Result<ExitCode> FollowAndShow(Context& context, App& app, RunView& view, const std::string& id,
                               const StopRequest& stop) {
  CARREL_ASSIGN_OR_RETURN(const Report done,
                          Follow(app, OperatorOf(context.settings), id, view, stop));
  return ShowEnd(done, {}, context.console);
}

Result<ExitCode> Create(Context& context, const Options& options) {
  CARREL_ASSIGN_OR_RETURN(const StopOnSignal stop, StopOnSignal::Install());
  RunView view(context.console);
  CARREL_ASSIGN_OR_RETURN(const auto app, App::Open(context.settings, options.connections, &view));
  CARREL_ASSIGN_OR_RETURN(const report::Template row, app->templates().Get(options.id));
  if (!options.stays_pending) {
    CARREL_TRY(app->host().Warm(manifest::Name(row.definition.language)));
  }
  report::CreateReport request;
  request.template_id = row.id;
  request.name = options.name;
  request.description = options.description;
  request.renderer = options.renderer;
  CARREL_ASSIGN_OR_RETURN(request.parameters, ParametersOf(row.definition, options.values));
  CARREL_ASSIGN_OR_RETURN(request.limits,
                          LimitsBelow(context.settings, options.values, context.console));
  CARREL_ASSIGN_OR_RETURN(const Report created,
                          app->reports().Create(OperatorOf(context.settings), kOrigin, request));
  if (!options.stays_pending) {
    return FollowAndShow(context, *app, view, created.id,
                         {.token = stop.token(), .on_stop = OnStop::kCancelIt});
  }
  context.console.Print(
      fmt::format("{}  pending; carrel report watch {} runs it", created.id, created.id));
  if (context.console.is_json()) context.console.PrintJson(OrderedJson(ToJson(created)));
  return ExitCode::kDone;
}

Result<ExitCode> Watch(Context& context, const Options& options) {
  CARREL_ASSIGN_OR_RETURN(const StopOnSignal stop, StopOnSignal::Install());
  RunView view(context.console);
  CARREL_ASSIGN_OR_RETURN(const auto app, App::Open(context.settings, options.connections, &view));
  return FollowAndShow(context, *app, view, options.id,
                       {.token = stop.token(), .on_stop = OnStop::kLeaveIt});
}

Result<ExitCode> List(Context& context, const Options& options) {
  CARREL_ASSIGN_OR_RETURN(const auto app, App::Open(context.settings));
  report::ReportFilter filter;
  filter.status = options.status;
  filter.limit = options.limit;
  filter.offset = options.offset;
  CARREL_ASSIGN_OR_RETURN(const report::ReportPage page,
                          app->reports().List(OperatorOf(context.settings), filter));
  if (context.console.is_json()) {
    OrderedJson json = OrderedJson::array();
    for (const Report& row : page.reports) json.push_back(OrderedJson(ToJson(row)));
    context.console.PrintJson(json);
    return ExitCode::kDone;
  }
  std::vector<std::vector<std::string>> table = {{"ID", "STATUS", "REPORT", "CREATED", "NAME"}};
  for (const Report& row : page.reports) {
    table.push_back({row.id, std::string(report::Name(row.status)), row.source.definition.local_id,
                     FormatPlain(row.created), row.name});
  }
  context.console.PrintTable(table);
  if (page.total > static_cast<int64_t>(page.reports.size())) {
    context.console.Note(
        fmt::format("carrel: {} of {}; see --limit and --offset", page.reports.size(), page.total));
  }
  return ExitCode::kDone;
}

Result<ExitCode> Show(Context& context, const Options& options) {
  CARREL_ASSIGN_OR_RETURN(const auto app, App::Open(context.settings));
  CARREL_ASSIGN_OR_RETURN(const Report row,
                          app->reports().Get(OperatorOf(context.settings), options.id));
  CARREL_ASSIGN_OR_RETURN(const std::string log,
                          app->reports().Log(OperatorOf(context.settings), options.id));
  Console& console = context.console;
  if (console.is_json()) {
    OrderedJson json = OrderedJson(ToJson(row));
    json["log"] = log;
    console.PrintJson(json);
    return ExitCode::kDone;
  }
  console.Print(fmt::format("{}  {}  {}", row.id, report::Name(row.status), row.name));
  console.Print(fmt::format("  template  {} ({}) of {}", row.source.id,
                            row.source.definition.local_id, row.source.git.url));
  console.Print(fmt::format("  commit    {}", row.source.git.commit));
  console.Print(fmt::format("  renderer  {}", row.renderer));
  console.Print(fmt::format("  values    {}", DumpJson(row.parameters)));
  if (row.status == report::ReportState::kReady) {
    console.Print(fmt::format("  result    {} rows, {} bytes, sha256 {}", row.rows, row.report_size,
                              row.sha256));
  }
  if (!row.sandbox_tier.empty()) console.Print("  sandbox   " + row.sandbox_tier);
  if (row.use) {
    console.Print(fmt::format("  used      {:.2f} s, {:.2f} s of processor time, {} of memory",
                              row.use->wall_s, row.use->cpu_s,
                              HumanBytes(row.use->peak_memory_bytes)));
  }
  if (!row.notes.empty()) console.Print("  notes     " + row.notes);
  if (!row.failure_output.empty()) console.Print(row.failure_output);
  for (const std::string& line : Split(log, '\n')) {
    if (!line.empty()) console.Print("  report| " + line);
  }
  return ExitCode::kDone;
}

Result<ExitCode> Download(Context& context, const Options& options) {
  OutputRequest output{
      .path = options.output,
      .stem = {},
      .packaging = options.is_zip ? report::Packaging::kZip : report::Packaging::kBare};
  CARREL_TRY(CheckOutput(output.path, context.console));
  CARREL_ASSIGN_OR_RETURN(const auto app, App::Open(context.settings));
  const report::Account account = OperatorOf(context.settings);
  CARREL_ASSIGN_OR_RETURN(const Report row, app->reports().Get(account, options.id));
  output.stem = row.source.definition.local_id;
  CARREL_ASSIGN_OR_RETURN(const auto file, WriteOutput(*app, account, row, output));
  return ShowEnd(row, file, context.console);
}

Result<ExitCode> Delete(Context& context, const Options& options) {
  CARREL_ASSIGN_OR_RETURN(const auto app, App::Open(context.settings));
  CARREL_TRY(app->reports().Delete(OperatorOf(context.settings), kOrigin, options.id));
  context.console.Print(options.id + " deleted");
  if (context.console.is_json()) context.console.PrintJson({{"deleted", options.id}});
  return ExitCode::kDone;
}

using Step = Result<ExitCode> (*)(Context&, const Options&);
using SharedOptions = std::shared_ptr<Options>;  // owners: the parser and the actions

CLI::App& AddStep(CLI::App& command, Invocation& invocation, const char* name, const char* summary,
                  const char* arguments, Step step, const SharedOptions& options) {
  CLI::App& sub = *command.add_subcommand(name, summary);
  Finish(sub, invocation, fmt::format("carrel report {}{}", name, arguments),
         [options, step](Context& context) { return step(context, *options); });
  return sub;
}

void DefineCreate(CLI::App& command, Invocation& invocation, const SharedOptions& options) {
  CLI::App& create =
      AddStep(command, invocation, "create", "and run it", " RT-1234-5678-0001", Create, options);
  create.add_option("TEMPLATE", options->id, "RT-...")->required();
  AddValueOptions(create, options->values);
  create.add_option("--renderer", options->renderer, "default: the template's default");
  create.add_option("--name", options->name, "default: the template's, with the time");
  create.add_option("--description", options->description, "for its readers");
  create.add_flag("--no-wait", options->stays_pending, "leave it pending");
  AddApiOptions(create, invocation, options->connections);
  AddSandboxOption(create, invocation);
}

}  // namespace

void DefineReport(CLI::App& command, Invocation& invocation) {
  const auto options = std::make_shared<Options>();
  command.require_subcommand(1);
  DefineCreate(command, invocation, options);
  CLI::App& list =
      AddStep(command, invocation, "list", "newest first", " --status failed", List, options);
  list.add_option("--status", options->status, "only these")
      ->check(CLI::IsMember({"pending", "deploying", "ready", "failed"}));
  list.add_option("--limit", options->limit, "at most so many")->check(CLI::PositiveNumber);
  list.add_option("--offset", options->offset, "leave out the first")
      ->check(CLI::NonNegativeNumber);
  const char* id = " RP-123-456-789";
  CLI::App& show =
      AddStep(command, invocation, "show", "all of one, its log too", id, Show, options);
  CLI::App& watch = AddStep(command, invocation, "watch",
                            "follow it to its end; run it if nobody does", id, Watch, options);
  AddApiOptions(watch, invocation, options->connections);
  AddSandboxOption(watch, invocation);
  CLI::App& download = AddStep(command, invocation, "download", "its file", id, Download, options);
  download
      .add_option("--output", options->output,
                  "default: its local id and the extension; - is stdout")
      ->type_name("FILE");
  download.add_flag("--zip", options->is_zip, "the file and summary.json in a zip");
  CLI::App& remove = AddStep(command, invocation, "delete", "with its file", id, Delete, options);
  for (CLI::App* sub : {&show, &watch, &download, &remove}) {
    sub->add_option("ID", options->id, "RP-...")->required();
  }
}

}  // namespace carrel::cli
