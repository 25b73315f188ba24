#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "runtime/base/files.h"
#include "runtime/catalog/products.h"
#include "runtime/cli/app.h"
#include "runtime/cli/commands.h"
#include "runtime/cli/output.h"
#include "runtime/cli/page_query.h"
#include "runtime/cli/progress.h"
#include "runtime/cli/records.h"
#include "runtime/cli/usage_host.h"
#include "runtime/cli/usage_views.h"
#include "runtime/report/host_identity.h"
#include "runtime/usage/csv_template.h"
#include "runtime/usage/reconciliation_sheet.h"
#include "runtime/usage/usage_lists.h"

namespace carrel::cli {
namespace fs = std::filesystem;
namespace {

using usage::UsageFile;

constexpr const char* kUploaded = "uploaded";  // as it was sent

struct Options {
  std::string as;  // account
  std::string id;
  std::string file;
  std::string filter;
  int64_t limit = 100;
  int64_t offset = 0;
  std::string output;
  std::string kind;
  std::string format;
  std::string note;
  std::string billing_id;
  usage::CreateFile create;
  std::string from, to;
  bool csv = false;
  bool partial = false;
};

// What every action of this command works with.
struct Desk {
  std::unique_ptr<store::Database> database;
  std::unique_ptr<UsageHost> host;
  catalog::Account account;
};

Result<catalog::Account> AccountOf(store::Database& database, const Settings& settings,
                                   const std::string& as) {
  if (as.empty()) return OperatorOf(settings);
  return database.Read(
      [&](store::Transaction& transaction) { return catalog::LoadAccount(transaction, as); });
}

// Takes up what a process that died left behind.
Result<Desk> OpenDesk(Context& context, const Options& options) {
  Desk desk;
  CARREL_ASSIGN_OR_RETURN(desk.database, OpenRecords(context.settings));
  CARREL_ASSIGN_OR_RETURN(const std::string host_id, report::CurrentHostId());
  CARREL_ASSIGN_OR_RETURN(
      desk.host,
      UsageHost::Open(*desk.database, DataPaths(context.settings.Path("data")), host_id));
  CARREL_ASSIGN_OR_RETURN(desk.account, AccountOf(*desk.database, context.settings, options.as));
  CARREL_ASSIGN_OR_RETURN(const auto left, desk.host->service().Recover());
  for (const std::string& id : left) {
    context.console.Note(fmt::format("carrel: processing {} again: its host is gone", id));
    // Another file's trouble is no reason to refuse what was asked.
    if (const auto done = desk.host->service().Process(id); !done) {
      context.console.Note(
          fmt::format("carrel: warning: {} is not processed: {}", id, done.error().message),
          Style::kYellow);
    }
  }
  return desk;
}

Result<ExitCode> ShowResult(const Result<UsageFile>& file, Console& console) {
  if (!file) return std::unexpected(file.error());
  const Json json = ToJson(*file);
  if (console.is_json()) {
    console.PrintJson(OrderedJson(json));
  } else {
    ShowFile(json, console);
  }
  return ExitCode::kDone;
}

Result<Timestamp> TimeOf(std::string_view option, const std::string& text, std::string_view clock) {
  auto time = ParseIso(text.size() == 10 ? fmt::format("{}T{}Z", text, clock) : text);
  if (!time) return Fail(Code::kUsage, fmt::format("{}: {}", option, time.error().message));
  return *time;
}

Result<ExitCode> Create(Context& context, const Options& options) {
  CARREL_ASSIGN_OR_RETURN(const Desk desk, OpenDesk(context, options));
  usage::CreateFile request = options.create;
  CARREL_ASSIGN_OR_RETURN(request.period_from, TimeOf("--from", options.from, "00:00:00"));
  CARREL_ASSIGN_OR_RETURN(request.period_to, TimeOf("--to", options.to, "23:59:59"));
  return ShowResult(desk.host->service().Create(desk.account, kOrigin, request), context.console);
}

Result<ExitCode> Upload(Context& context, const Options& options) {
  CARREL_ASSIGN_OR_RETURN(const Desk desk, OpenDesk(context, options));
  // A pipe without a writer would block.
  const UniqueFd fd(::open(options.file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return FailErrno(options.file);
  struct stat status{};
  if (::fstat(fd.get(), &status) != 0) return FailErrno(options.file);
  if (!S_ISREG(status.st_mode)) {
    return Fail(Code::kInvalid, fmt::format("{}: not a regular file", options.file));
  }
  ProgressView progress(context.console);
  const auto size = static_cast<double>(status.st_size);
  const std::string name = fs::path(options.file).filename().string();
  CARREL_TRY(desk.host->service().Upload(
      desk.account, kOrigin, options.id,
      {.name = name, .fd = fd.get(), .progress = [&](int64_t bytes) {
         progress.Show("storing bytes", static_cast<double>(bytes), size);
       }}));
  const auto done = desk.host->service().Process(options.id, [&](int64_t records) {
    progress.Show("checking records", static_cast<double>(records), 0);
  });
  progress.Clear();
  CARREL_TRY(ShowResult(done, context.console));
  if (done->status == usage::FileState::kReady) return ExitCode::kDone;
  context.console.Note(
      fmt::format("carrel: {}; see carrel usage errors {}", done->error_detail, done->id),
      Style::kRed);
  return ExitCode::kInvalid;
}

using ListFunction = Result<usage::JsonPage> (*)(store::Database&, const catalog::Account&,
                                                 std::string_view);

using ShowFunction = void (*)(const std::vector<Json>&, Console&);

Result<ExitCode> ShowPage(Context& context, const Desk& desk, const std::string& query,
                          ListFunction list, ShowFunction show) {
  CARREL_ASSIGN_OR_RETURN(const usage::JsonPage page, list(*desk.database, desk.account, query));
  if (context.console.is_json()) {
    context.console.PrintJson(OrderedJson(page.objects));
    return ExitCode::kDone;
  }
  show(page.objects, context.console);
  if (static_cast<int64_t>(page.objects.size()) < page.total) {
    context.console.Note(fmt::format("{} of {}", page.objects.size(), page.total), Style::kDim);
  }
  return ExitCode::kDone;
}

Result<ExitCode> ShowList(Context& context, const Options& options, ListFunction list,
                          ShowFunction show) {
  CARREL_ASSIGN_OR_RETURN(const std::string query,
                          PageQuery(options.filter, options.limit, options.offset));
  CARREL_ASSIGN_OR_RETURN(const Desk desk, OpenDesk(context, options));
  return ShowPage(context, desk, query, list, show);
}

Result<ExitCode> Show(Context& context, const Options& options) {
  CARREL_ASSIGN_OR_RETURN(const Desk desk, OpenDesk(context, options));
  return ShowResult(desk.host->service().Get(desk.account, options.id), context.console);
}

// A list of what belongs to one usage file.
Result<ExitCode> ShowPartsOf(Context& context, const Options& options, ListFunction list,
                             ShowFunction show) {
  CARREL_ASSIGN_OR_RETURN(std::string query,
                          PageQuery(options.filter, options.limit, options.offset));
  CARREL_ASSIGN_OR_RETURN(const Desk desk, OpenDesk(context, options));
  CARREL_ASSIGN_OR_RETURN(const UsageFile file, desk.host->service().Get(desk.account, options.id));
  query += fmt::format("&usagefile.id={}", file.id);
  return ShowPage(context, desk, query, list, show);
}

Result<ExitCode> Records(Context& context, const Options& options) {
  return ShowPartsOf(context, options, usage::ListRecords, ShowRecords);
}

Result<ExitCode> Chunks(Context& context, const Options& options) {
  return ShowPartsOf(context, options, usage::ListChunks, ShowChunks);
}

Result<ExitCode> Errors(Context& context, const Options& options) {
  if (options.csv && context.console.is_json()) {
    return Fail(Code::kUsage, "--csv and --json: expected one of them");
  }
  CARREL_ASSIGN_OR_RETURN(const Desk desk, OpenDesk(context, options));
  CARREL_ASSIGN_OR_RETURN(const UsageFile file, desk.host->service().Get(desk.account, options.id));
  Console& console = context.console;
  OrderedJson json = OrderedJson::array();
  std::vector<std::vector<std::string>> table = {ErrorHeading()};
  if (options.csv) console.PrintRaw(usage::CsvLine(table.front()));
  const auto visit = [&](const Json& record) -> Status {
    if (console.is_json()) json.push_back(OrderedJson(record));
    for (auto& row : ErrorRows(record)) {
      if (options.csv) {
        console.PrintRaw(usage::CsvLine(row));
      } else if (!console.is_json()) {
        table.push_back(std::move(row));
      }
    }
    return {};
  };
  CARREL_TRY(usage::ForEachRecord(
      *desk.database, desk.account,
      fmt::format("usagefile.id={}&status=invalid&ordering(id)", file.id), visit));
  if (console.is_json()) console.PrintJson(json);
  if (!options.csv) console.PrintTable(table);
  if (!file.error_detail.empty()) console.Note("carrel: " + file.error_detail);
  return ExitCode::kDone;
}

Result<ExitCode> Submit(Context& context, const Options& options) {
  CARREL_ASSIGN_OR_RETURN(const Desk desk, OpenDesk(context, options));
  return ShowResult(desk.host->service().Submit(desk.account, kOrigin, options.id),
                    context.console);
}

Result<ExitCode> Accept(Context& context, const Options& options) {
  CARREL_ASSIGN_OR_RETURN(const Desk desk, OpenDesk(context, options));
  return ShowResult(desk.host->service().Accept(desk.account, kOrigin, options.id, options.note),
                    context.console);
}

Result<ExitCode> Reject(Context& context, const Options& options) {
  CARREL_ASSIGN_OR_RETURN(const Desk desk, OpenDesk(context, options));
  return ShowResult(desk.host->service().Reject(desk.account, kOrigin, options.id, options.note),
                    context.console);
}

Result<ExitCode> Close(Context& context, const Options& options) {
  CARREL_ASSIGN_OR_RETURN(const Desk desk, OpenDesk(context, options));
  return ShowResult(desk.host->closing().CloseAll(desk.account, kOrigin, options.id,
                                                  options.billing_id, options.note),
                    context.console);
}

Result<ExitCode> Reconcile(Context& context, const Options& options) {
  CARREL_ASSIGN_OR_RETURN(const Desk desk, OpenDesk(context, options));
  CARREL_ASSIGN_OR_RETURN(const auto rows, usage::ReadReconciliation(options.file));
  CARREL_ASSIGN_OR_RETURN(
      const usage::BillingReport report,
      desk.host->closing().Reconcile(desk.account, kOrigin, options.id, rows,
                                     options.partial ? usage::Partial::kYes : usage::Partial::kNo,
                                     fs::path(options.file).filename().string()));
  if (context.console.is_json()) {
    OrderedJson faults = OrderedJson::array();
    for (const usage::BillingResult& result : report.results) {
      if (result.fault.empty()) continue;
      faults.push_back({{"row", result.row}, {"record", result.record}, {"error", result.fault}});
    }
    context.console.PrintJson({{"id", report.id},
                               {"closed", report.closed},
                               {"refused", report.refused},
                               {"errors", std::move(faults)}});
  } else {
    ShowBilling(report, context.console);
  }
  return report.refused == 0 ? ExitCode::kDone : ExitCode::kInvalid;
}

Result<ExitCode> Delete(Context& context, const Options& options) {
  CARREL_ASSIGN_OR_RETURN(const Desk desk, OpenDesk(context, options));
  CARREL_TRY(desk.host->service().Delete(desk.account, kOrigin, options.id));
  if (context.console.is_json()) {
    context.console.PrintJson({{"id", options.id}, {"status", "deleted"}});
  } else {
    context.console.Print(options.id + " deleted");
  }
  return ExitCode::kDone;
}

// The file at the place where it was asked for.
Result<ExitCode> Deliver(Context& context, const std::string& output,
                         const usage::Download& download) {
  const fs::path path = output.empty() ? download.name : output;
  CARREL_ASSIGN_OR_RETURN(Output file, Output::Open(path));
  if (const Status copied = CopyAll(download.fd.get(), file.fd()); !copied) {
    return Wrap(copied.error(), path.string());
  }
  CARREL_TRY(file.Keep());
  const auto size = static_cast<int64_t>(::lseek(download.fd.get(), 0, SEEK_CUR));
  if (context.console.is_json()) {
    context.console.PrintJson({{"output_file", path.string()}, {"size", size}});
  } else if (!IsStandardOutput(path)) {
    context.console.Print(fmt::format("{} ({} bytes)", path.string(), size));
  }
  return ExitCode::kDone;
}

Result<usage::Download> OpenDownload(const Desk& desk, const Options& options) {
  if (options.id.starts_with("UFC-")) {
    if (options.kind.empty()) return desk.host->files().OpenChunk(desk.account, options.id);
    return Fail(Code::kUsage, "--kind: a chunk is of one kind");
  }
  if (options.kind.empty() || options.kind == kUploaded) {
    auto download = desk.host->service().OpenUpload(desk.account, options.id);
    // Its own name is that of a file which may well lie here.
    if (download) download->name = options.id + fs::path(download->name).extension().string();
    return download;
  }
  const auto kind = usage::FileKindNamed(options.kind);
  if (!kind) return Fail(Code::kUsage, fmt::format("--kind: found '{}'", options.kind));
  return desk.host->files().Open(desk.account, options.id, *kind);
}

Result<ExitCode> Download(Context& context, const Options& options) {
  CARREL_TRY(CheckOutput(options.output, context.console));
  CARREL_ASSIGN_OR_RETURN(const Desk desk, OpenDesk(context, options));
  CARREL_ASSIGN_OR_RETURN(const usage::Download download, OpenDownload(desk, options));
  return Deliver(context, options.output, download);
}

// As the option says, else as the name of the file ends.
usage::TemplateFormat FormatOf(const Options& options) {
  const auto named = usage::TemplateFormatNamed(options.format);
  if (named) return *named;
  return fs::path(options.output).extension() == ".csv" ? usage::TemplateFormat::kCsv
                                                        : usage::TemplateFormat::kXlsx;
}

Result<ExitCode> Template(Context& context, const Options& options) {
  CARREL_TRY(CheckOutput(options.output, context.console));
  CARREL_ASSIGN_OR_RETURN(const Desk desk, OpenDesk(context, options));
  CARREL_ASSIGN_OR_RETURN(
      const usage::Download download,
      desk.host->files().OpenTemplate(desk.account, options.id, FormatOf(options)));
  return Deliver(context, options.output, download);
}

// The commands that take the id of a usage file and little else.
struct FileCommand {
  const char* name;
  const char* summary;
  const char* example;
  Result<ExitCode> (*run)(Context& context, const Options& options);
};
constexpr std::array kFileCommands = {
    FileCommand{"show", "one usage file", "carrel usage show UF-2026-11-1234-5678", Show},
    FileCommand{"records", "its records",
                "carrel usage records UF-2026-11-1234-5678 --filter 'gt(amount,100)'", Records},
    FileCommand{"errors", "what is wrong with its records, as a table or as CSV",
                "carrel usage errors UF-2026-11-1234-5678 --csv > errors.csv", Errors},
    FileCommand{"upload", "its spreadsheet, XLSX or CSV; every record is checked",
                "carrel usage upload UF-2026-11-1234-5678 november.xlsx", Upload},
    FileCommand{"submit", "hand it to the distributor",
                "carrel usage submit UF-2026-11-1234-5678 --as VA-111-222", Submit},
    FileCommand{"accept", "its records may be billed",
                "carrel usage accept UF-2026-11-1234-5678 --note 'as agreed' --as PA-100-200",
                Accept},
    FileCommand{"reject", "back to the vendor",
                "carrel usage reject UF-2026-11-1234-5678 --note 'wrong month'", Reject},
    FileCommand{"reconcile", "billing ids and notes from a spreadsheet",
                "carrel usage reconcile UF-2026-11-1234-5678 billed.csv", Reconcile},
    FileCommand{"close", "one billing id for all its records",
                "carrel usage close UF-2026-11-1234-5678 --billing-id INV-77", Close},
    FileCommand{"delete", "with its records", "carrel usage delete UF-2026-11-1234-5678", Delete},
    FileCommand{"chunks", "its parts, one a hub, once it is accepted",
                "carrel usage chunks UF-2026-11-1234-5678", Chunks},
    FileCommand{"download", "a spreadsheet of it, or of a chunk (UFC-...)",
                "carrel usage download UF-2026-11-1234-5678 --kind processed", Download},
};

void AddListOptions(CLI::App& command, Options& options) {
  command.add_option("--filter", options.filter, "RQL")->type_name("QUERY");
  command.add_option("--limit", options.limit, "at most so many")->check(CLI::Range(0, 1000));
  command.add_option("--offset", options.offset, "leave out the first")
      ->check(CLI::NonNegativeNumber);
}

void AddOutputOption(CLI::App& command, Options& options) {
  command.add_option("--output", options.output, "where to, - for stdout")->type_name("FILE");
}

void AddSpecialOptions(CLI::App& command, std::string_view name, Options& options) {
  if (name == "records" || name == "chunks") AddListOptions(command, options);
  if (name == "errors")
    command.add_flag("--csv", options.csv, "as CSV to standard output, texts as sent");
  if (name == "upload" || name == "reconcile") {
    command.add_option("FILE", options.file, "the spreadsheet")->required();
  }
  if (name == "reconcile") {
    command.add_flag("--partial", options.partial, "apply the good rows although others are bad");
  }
  if (name == "accept" || name == "reject") {
    command.add_option("--note", options.note, "why")->required();
  }
  if (name == "close") {
    command.add_option("--billing-id", options.billing_id, "of the bill")->required();
    command.add_option("--note", options.note, "of the bill");
  }
  if (name == "download") {
    command.add_option("--kind", options.kind, "of a usage file, default uploaded")
        ->check(CLI::IsMember({kUploaded, "processed", "distributor", "reconciliation"}));
    AddOutputOption(command, options);
  }
}

void DefineCreate(CLI::App& command, Options& options) {
  usage::CreateFile& create = options.create;
  command.add_option("--name", create.name, "of the file")->required();
  command.add_option("--product", create.product_id, "PRD-...")->required();
  command.add_option("--contract", create.contract_id, "CRD-..., or the marketplace");
  command.add_option("--marketplace", create.marketplace_id, "MP-...");
  command.add_option("--from", options.from, "first day or time of the period, UTC")->required();
  command
      .add_option("--to", options.to,
                  "last day or second of the period, UTC; it belongs to the period whole")
      ->required();
  command.add_option(
      "--currency", create.currency,
      "of the amounts, ISO 4217 like EUR; needed unless the product is of schema QT");
  command.add_option("--environment", create.environment, "test, preview or production");
  command.add_option("--description", create.description, "text");
  command.add_option("--external-id", create.external_id, "text");
  command.add_option("--note", create.note, "text");
}

}  // namespace

void DefineUsage(CLI::App& command, Invocation& invocation) {
  const auto options = std::make_shared<Options>();  // owners: the parser and the actions
  command.require_subcommand(1);
  const auto add = [&](const char* name, const char* summary, const char* example, auto run) {
    CLI::App& sub = *command.add_subcommand(name, summary);
    sub.add_option("--as", options->as, "act as this account of the catalogue")->type_name("ID");
    Finish(sub, invocation, example,
           [options, run](Context& context) { return run(context, *options); });
    return &sub;
  };
  CLI::App* sheet = add("template", "a spreadsheet to fill in",
                        "carrel usage template PRD-100-200-300 --output november.xlsx", Template);
  sheet->add_option("PRODUCT", options->id, "PRD-...")->required();
  AddOutputOption(*sheet, *options);
  sheet->add_option("--format", options->format, "default: as FILE ends, else xlsx")
      ->check(CLI::IsMember({"xlsx", "csv"}));
  DefineCreate(*add("create", "a usage file, still without a spreadsheet",
                    "carrel usage create --name November --product PRD-100-200-300 --contract "
                    "CRD-10000-20000-30000 --from 2026-11-01 --to 2026-11-30",
                    Create),
               *options);
  AddListOptions(*add("list", "usage files", "carrel usage list --filter 'status=pending'",
                      [](Context& context, const Options& given) {
                        return ShowList(context, given, usage::ListFiles, ShowFiles);
                      }),
                 *options);
  for (const FileCommand& row : kFileCommands) {
    CLI::App* sub = add(row.name, row.summary, row.example, row.run);
    sub->add_option("ID", options->id, "UF-...")->required();
    AddSpecialOptions(*sub, row.name, *options);
  }
}

}  // namespace carrel::cli
