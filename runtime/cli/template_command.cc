#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "runtime/base/text.h"
#include "runtime/cli/app.h"
#include "runtime/cli/commands.h"
#include "runtime/report/report_json.h"

namespace carrel::cli {
namespace {

using report::Template;

struct Options {
  std::string id;
  std::string repository;
  std::string notes;
  int64_t limit = 100;
  int64_t offset = 0;
};

void PrintParameters(const manifest::ReportDefinition& definition, Console& console) {
  for (const manifest::Parameter& parameter : definition.parameters) {
    console.Print(fmt::format("  parameter {} ({}{}): {}", parameter.id,
                              manifest::Name(parameter.type),
                              parameter.required ? ", required" : "", parameter.description));
    std::vector<std::string> values;
    values.reserve(parameter.choices.size());
    for (const manifest::Choice& choice : parameter.choices) values.push_back(choice.value);
    if (!values.empty()) console.Print("            one of " + Join(values, ", "));
  }
  for (const manifest::Renderer& renderer : definition.renderers) {
    console.Print(fmt::format(
        "  renderer  {} ({}{}): {}", renderer.id, manifest::Name(renderer.type),
        &renderer == &definition.DefaultRenderer() ? ", default" : "", renderer.description));
  }
}

Result<ExitCode> ShowRow(App& app, const std::string& id, Console& console) {
  CARREL_ASSIGN_OR_RETURN(const Template row, app.templates().Get(id));
  CARREL_ASSIGN_OR_RETURN(const report::TemplateStats stats, app.templates().Stats(id));
  if (console.is_json()) {
    console.PrintJson(OrderedJson(ToJson(row, stats)));
    return ExitCode::kDone;
  }
  console.Print(fmt::format("{}  {}  {}  {}", row.id, report::Name(row.status),
                            row.definition.local_id, row.definition.name));
  console.Print(fmt::format("  of        {} {} at {}", row.repository.id, row.repository.name,
                            row.git.commit));
  console.Print(fmt::format("  runs      {} ready, {} failed, {} of these at a limit",
                            stats.success, stats.failure, stats.timeout));
  if (!row.notes.empty()) console.Print("  notes     " + row.notes);
  PrintParameters(row.definition, console);
  return ExitCode::kDone;
}

Result<ExitCode> Show(Context& context, const Options& options) {
  CARREL_ASSIGN_OR_RETURN(const auto app, App::Open(context.settings));
  return ShowRow(*app, options.id, context.console);
}

Result<ExitCode> List(Context& context, const Options& options) {
  CARREL_ASSIGN_OR_RETURN(const auto app, App::Open(context.settings));
  report::TemplateFilter filter;
  filter.repository_id = options.repository;
  filter.limit = options.limit;
  filter.offset = options.offset;
  CARREL_ASSIGN_OR_RETURN(const auto rows, app->templates().List(filter));
  OrderedJson json = OrderedJson::array();
  std::vector<std::vector<std::string>> table = {{"ID", "STATUS", "REPORT", "NAME", "REPOSITORY"}};
  for (const Template& row : rows) {
    if (context.console.is_json()) {
      CARREL_ASSIGN_OR_RETURN(const auto stats, app->templates().Stats(row.id));
      json.push_back(OrderedJson(ToJson(row, stats)));
    }
    table.push_back({row.id, std::string(report::Name(row.status)), row.definition.local_id,
                     row.definition.name, row.repository.id});
  }
  if (context.console.is_json()) {
    context.console.PrintJson(json);
  } else {
    context.console.PrintTable(table);
  }
  return ExitCode::kDone;
}

Result<ExitCode> Enable(Context& context, const Options& options) {
  CARREL_ASSIGN_OR_RETURN(const auto app, App::Open(context.settings));
  CARREL_TRY(app->templates().Enable(options.id, options.notes,
                                     report::ActorOf(OperatorOf(context.settings), kOrigin),
                                     app->clock().Now()));
  return ShowRow(*app, options.id, context.console);
}

Result<ExitCode> Disable(Context& context, const Options& options) {
  CARREL_ASSIGN_OR_RETURN(const auto app, App::Open(context.settings));
  CARREL_TRY(app->templates().Disable(options.id, options.notes,
                                      report::ActorOf(OperatorOf(context.settings), kOrigin),
                                      app->clock().Now()));
  return ShowRow(*app, options.id, context.console);
}

}  // namespace

void DefineTemplate(CLI::App& command, Invocation& invocation) {
  const auto options = std::make_shared<Options>();  // owners: the parser and the actions
  command.require_subcommand(1);
  CLI::App& list = *command.add_subcommand("list", "all of them");
  list.add_option("--repository", options->repository, "only those of this one")->type_name("ID");
  list.add_option("--limit", options->limit, "at most so many")->check(CLI::PositiveNumber);
  list.add_option("--offset", options->offset, "leave out the first")
      ->check(CLI::NonNegativeNumber);
  Finish(list, invocation, "carrel template list --repository RR-1234-5678",
         [options](Context& context) { return List(context, *options); });
  CLI::App& show = *command.add_subcommand("show", "its parameters, renderers and figures");
  Finish(show, invocation, "carrel template show RT-1234-5678-0001",
         [options](Context& context) { return Show(context, *options); });
  CLI::App& enable = *command.add_subcommand("enable", "make it available again");
  Finish(enable, invocation, "carrel template enable RT-1234-5678-0001 --notes 'api is back'",
         [options](Context& context) { return Enable(context, *options); });
  CLI::App& disable = *command.add_subcommand("disable", "let nobody run it");
  Finish(disable, invocation, "carrel template disable RT-1234-5678-0001 --notes 'wrong sums'",
         [options](Context& context) { return Disable(context, *options); });
  for (CLI::App* sub : {&show, &enable, &disable}) {
    sub->add_option("ID", options->id, "RT-...")->required();
  }
  for (CLI::App* sub : {&enable, &disable}) {
    sub->add_option("--notes", options->notes, "why")->required();
  }
}

}  // namespace carrel::cli
