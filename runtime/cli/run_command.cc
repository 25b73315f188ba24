#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <utility>

#include "runtime/cli/commands.h"
#include "runtime/cli/execution.h"
#include "runtime/cli/output.h"
#include "runtime/cli/parameters.h"
#include "runtime/cli/signals.h"
#include "runtime/cli/sources.h"

namespace carrel::cli {
namespace {

struct Options {
  std::string source;
  std::string report;
  std::string ref;
  GivenValues values;
  std::string renderer;
  std::string output;
  bool is_zip = false;
  std::vector<std::string> connections;
};

Result<report::Template> Offer(Context& context, App& app, const Options& options,
                               std::stop_token stop) {
  CARREL_TRY(app.host().CheckWorker());
  CARREL_ASSIGN_OR_RETURN(const report::AddRepository source,
                          Locate(options.source, options.ref, context.settings, context.console));
  ProgressView progress(context.console);
  return app.repository_service().Offer(OperatorOf(context.settings), kOrigin, source,
                                        options.report, WatchOn(progress, std::move(stop)));
}

Result<report::Report> Create(Context& context, App& app, const report::Account& account,
                              const report::Template& row, const Options& options) {
  CARREL_TRY(app.host().Warm(manifest::Name(row.definition.language)));
  report::CreateReport request;
  request.template_id = row.id;
  request.renderer = options.renderer;
  CARREL_ASSIGN_OR_RETURN(request.parameters, ParametersOf(row.definition, options.values));
  CARREL_ASSIGN_OR_RETURN(request.limits,
                          LimitsBelow(context.settings, options.values, context.console));
  return app.reports().Create(account, kOrigin, request);
}

OutputRequest OutputOf(const Options& options) {
  return {.path = options.output,
          .stem = options.report,
          .packaging = options.is_zip ? report::Packaging::kZip : report::Packaging::kBare};
}

Result<ExitCode> Run(Context& context, const Options& options) {
  Console& console = context.console;
  const OutputRequest output = OutputOf(options);
  CARREL_TRY(CheckOutput(output.path, console));
  CARREL_ASSIGN_OR_RETURN(const StopOnSignal stop, StopOnSignal::Install());
  RunView view(console);
  CARREL_ASSIGN_OR_RETURN(const auto app, App::Open(context.settings, options.connections, &view));
  const report::Account account = OperatorOf(context.settings);
  CARREL_ASSIGN_OR_RETURN(const report::Template row, Offer(context, *app, options, stop.token()));
  CARREL_ASSIGN_OR_RETURN(const report::Report created,
                          Create(context, *app, account, row, options));
  CARREL_ASSIGN_OR_RETURN(const report::Report done,
                          Follow(*app, account, created.id, view,
                                 {.token = stop.token(), .on_stop = OnStop::kCancelIt}));
  std::filesystem::path file;
  if (done.status == report::ReportState::kReady) {
    CARREL_ASSIGN_OR_RETURN(file, WriteOutput(*app, account, done, output));
  }
  return ShowEnd(done, file, console);
}

void AddAccountOption(CLI::App& command, Invocation& invocation) {
  command
      .add_option_function<std::string>(
          "--account",
          [&invocation](const std::string& text) {
            const size_t colon = text.find(':');
            if (colon == std::string::npos || colon == 0) {
              throw CLI::ValidationError("--account", "found '" + text + "', expected ID:NAME");
            }
            invocation.flags["account.id"] = text.substr(0, colon);
            invocation.flags["account.name"] = text.substr(colon + 1);
          },
          "the account the report is made for")
      ->type_name("ID:NAME");
}

}  // namespace

void DefineRun(CLI::App& command, Invocation& invocation) {
  const auto options = std::make_shared<Options>();  // owners: the parser and the action
  command.add_option("SOURCE", options->source, "git url, or local directory")->required();
  command.add_option("REPORT", options->report, "the report's local id")->required();
  command.add_option("--ref", options->ref, "tag, branch or commit; default: the default branch");
  AddValueOptions(command, options->values);
  command.add_option("--renderer", options->renderer, "its id; default: the report's default");
  command
      .add_option("--output", options->output,
                  "default: REPORT and the extension; - is standard output")
      ->type_name("FILE");
  command.add_flag("--zip", options->is_zip, "the file and summary.json in a zip");
  AddApiOptions(command, invocation, options->connections);
  AddAccountOption(command, invocation);
  AddSettingOption(command, invocation, "--spares", "sandbox.spares");
  AddSandboxOption(command, invocation);
  AddGitOptions(command, invocation);
  Finish(command, invocation,
         "carrel run https://github.com/cloudblue/connect-reports.git requests --api-key @key.txt",
         [options](Context& context) { return Run(context, *options); });
}

}  // namespace carrel::cli
