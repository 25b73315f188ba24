#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>

#include "runtime/base/files.h"
#include "runtime/base/text.h"
#include "runtime/catalog/catalogue.h"
#include "runtime/catalog/import.h"
#include "runtime/cli/commands.h"
#include "runtime/cli/page_query.h"
#include "runtime/cli/progress.h"
#include "runtime/cli/records.h"

namespace carrel::cli {
namespace fs = std::filesystem;
namespace {

constexpr size_t kLargestFile = size_t{256} << 20;

struct Options {
  std::vector<std::string> files;
  std::string kind;
  std::string id;
  std::string filter;
  int64_t limit = 100;
  int64_t offset = 0;
};

Result<const catalog::KindRow*> KindOf(const std::string& word) {
  if (const catalog::KindRow* kind = catalog::KindNamed(word)) return kind;
  std::vector<std::string> known;
  for (const catalog::KindRow& kind : catalog::Kinds()) known.emplace_back(kind.plural);
  return Fail(Code::kUsage, fmt::format("kind '{}': expected one of {}{}", word, Join(known, ", "),
                                        DidYouMean(word, known)));
}

OrderedJson ToJson(const std::string& file, const catalog::ImportReport& report) {
  OrderedJson refused = OrderedJson::array();
  for (const catalog::RefusedRow& row : report.refused) {
    refused.push_back(
        {{"kind", row.kind}, {"row", row.row}, {"id", row.id}, {"reason", row.reason}});
  }
  return {{"file", file},
          {"created", report.counts.created},
          {"updated", report.counts.updated},
          {"unchanged", report.counts.unchanged},
          {"refused", std::move(refused)}};
}

void Print(const std::string& file, const catalog::ImportReport& report, Console& console) {
  console.Print(fmt::format("{}: {} created, {} updated, {} unchanged, {} refused", file,
                            report.counts.created, report.counts.updated, report.counts.unchanged,
                            report.refused.size()));
  for (const catalog::RefusedRow& row : report.refused) {
    console.Note(fmt::format("{}: {} row {}{}: {}", file, row.kind, row.row,
                             row.id.empty() ? "" : " (" + row.id + ")", row.reason),
                 Style::kRed);
  }
}

Result<catalog::ImportReport> ImportFile(store::Database& database, const std::string& file,
                                         const catalog::KindRow* kind) {
  const fs::path path = file;
  const bool is_csv = path.extension() == ".csv";
  // assets.csv says itself what it holds.
  if (kind == nullptr && is_csv) kind = catalog::KindNamed(path.stem().string());
  auto text = ReadFile(path, kLargestFile);
  if (!text) return std::unexpected(std::move(text).error());
  auto report = catalog::Import(database, *text,
                                is_csv ? catalog::Format::kCsv : catalog::Format::kJson, kind);
  if (!report) return Wrap(report.error(), file);
  return report;
}

Result<ExitCode> ImportFiles(Context& context, const Options& options) {
  const catalog::KindRow* kind = nullptr;
  if (!options.kind.empty()) {
    CARREL_ASSIGN_OR_RETURN(kind, KindOf(options.kind));
  }
  CARREL_ASSIGN_OR_RETURN(const auto database, OpenRecords(context.settings));
  ProgressView progress(context.console);
  OrderedJson json = OrderedJson::array();
  ExitCode exit = ExitCode::kDone;
  for (const std::string& file : options.files) {
    progress.Show("importing files", static_cast<double>(json.size()),
                  static_cast<double>(options.files.size()));
    const auto report = ImportFile(*database, file, kind);
    if (!report) {
      if (json.empty()) return std::unexpected(report.error());
      // What was imported before it is told all the same.
      context.console.NoteError(report.error());
      json.push_back({{"file", file}, {"error", ErrorJson(report.error())}});
      exit = ExitCodeOf(report.error().code);
      break;
    }
    if (!report->refused.empty()) exit = ExitCode::kInvalid;
    json.push_back(ToJson(file, *report));
    Print(file, *report, context.console);
  }
  if (context.console.is_json()) context.console.PrintJson(json);
  return exit;
}

std::string TextAt(const Json& object, std::string_view name) {
  const auto found = object.find(name);
  if (found == object.end() || found->is_null()) return "";
  if (found->is_object()) return JsonString(*found, "id");
  return found->is_string() ? found->get<std::string>() : DumpJson(*found);
}

void PrintObjects(const std::vector<Json>& objects, Console& console) {
  std::vector<std::vector<std::string>> table = {
      {"ID", "NAME", "STATUS", "PRODUCT", "MPN", "ROLE"}};
  for (const Json& object : objects) {
    table.push_back({TextAt(object, "id"), TextAt(object, "name"), TextAt(object, "status"),
                     TextAt(object, "product"), TextAt(object, "mpn"), TextAt(object, "role")});
  }
  // A column that no object of the kind has is left out.
  for (size_t column = table.front().size(); column-- > 0;) {
    bool is_used = column == 0;
    for (size_t row = 1; row < table.size(); ++row) is_used |= !table[row][column].empty();
    if (is_used) continue;
    for (auto& row : table) row.erase(row.begin() + static_cast<std::ptrdiff_t>(column));
  }
  console.PrintTable(table);
}

Result<ExitCode> List(Context& context, const Options& options) {
  CARREL_ASSIGN_OR_RETURN(const catalog::KindRow* kind, KindOf(options.kind));
  CARREL_ASSIGN_OR_RETURN(const std::string query,
                          PageQuery(options.filter, options.limit, options.offset));
  CARREL_ASSIGN_OR_RETURN(const auto database, OpenRecords(context.settings));
  CARREL_ASSIGN_OR_RETURN(const catalog::ObjectPage page, catalog::List(*database, *kind, query));
  if (context.console.is_json()) {
    context.console.PrintJson(OrderedJson(page.objects));
    return ExitCode::kDone;
  }
  PrintObjects(page.objects, context.console);
  const auto shown = static_cast<int64_t>(page.objects.size());
  if (shown < page.total) {
    context.console.Note(fmt::format("{} of {}", shown, page.total), Style::kDim);
  }
  return ExitCode::kDone;
}

Result<ExitCode> Show(Context& context, const Options& options) {
  CARREL_ASSIGN_OR_RETURN(const catalog::KindRow* kind, KindOf(options.kind));
  CARREL_ASSIGN_OR_RETURN(const auto database, OpenRecords(context.settings));
  CARREL_ASSIGN_OR_RETURN(const Json object, catalog::Get(*database, *kind, options.id));
  if (context.console.is_json()) {
    context.console.PrintJson(OrderedJson(object));
    return ExitCode::kDone;
  }
  std::vector<std::vector<std::string>> table;
  const Json flat = object.flatten();
  for (const auto& [path, value] : flat.items()) {
    const std::string text = value.is_string() ? value.get<std::string>() : DumpJson(value);
    table.push_back({path.substr(1), text});
  }
  context.console.PrintTable(table);
  return ExitCode::kDone;
}

}  // namespace

void DefineCatalog(CLI::App& command, Invocation& invocation) {
  const auto options = std::make_shared<Options>();  // owners: the parser and the actions
  command.require_subcommand(1);
  CLI::App& import =
      *command.add_subcommand("import", "objects of JSON and CSV files, by their id");
  import.add_option("FILE", options->files, "*.json, or *.csv of one kind")->required();
  import.add_option("--kind", options->kind, "what a CSV file or a plain JSON list holds");
  Finish(import, invocation, "carrel catalog import catalogue.json assets.csv",
         [options](Context& context) { return ImportFiles(context, *options); });
  CLI::App& list = *command.add_subcommand("list", "objects of one kind");
  list.add_option("--filter", options->filter, "RQL")->type_name("QUERY");
  list.add_option("--limit", options->limit, "at most so many")->check(CLI::Range(0, 1000));
  list.add_option("--offset", options->offset, "leave out the first")
      ->check(CLI::NonNegativeNumber);
  Finish(list, invocation, "carrel catalog list assets --filter 'status=active&ordering(-id)'",
         [options](Context& context) { return List(context, *options); });
  CLI::App& show = *command.add_subcommand("show", "one object");
  Finish(show, invocation, "carrel catalog show items PRD-100-200-300-0001",
         [options](Context& context) { return Show(context, *options); });
  for (CLI::App* sub : {&list, &show}) {
    sub->add_option("KIND", options->kind,
                    "accounts, hubs, marketplaces, products, items, contracts or assets")
        ->required();
  }
  show.add_option("ID", options->id, "its id")->required();
}

}  // namespace carrel::cli
