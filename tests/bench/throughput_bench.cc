// Reports that do nothing, as many a second as this machine takes to their end: the workers alone,
// and with everything a report passes through: rows of a SQLite database, the dispatcher, the file
// of the result synced and renamed. Prints figures; asserts nothing.
//
//   throughput_bench --worker FILE --packages DIR --store DIR --data DIR [--reports N]
//
// The store holds `noop/`, made by sandbox.py; a database and the results go below the data
// directory, whose disk the second figure depends on.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "runtime/base/files.h"
#include "runtime/report/artifact_store.h"
#include "runtime/report/dispatcher.h"
#include "runtime/report/host_identity.h"
#include "runtime/report/report_service.h"
#include "runtime/report/repository_store.h"
#include "runtime/report/sandbox_executor.h"
#include "runtime/report/template_store.h"
#include "runtime/store/database.h"
#include "tests/bench/noop_report.h"
#include "tests/bench/peer_process.h"

namespace {

namespace report = carrel::report;
namespace manifest = carrel::manifest;
using carrel::bench::Die;
using carrel::bench::Milliseconds;
using carrel::bench::SteadyClock;

constexpr int kSpares = 4;

struct Options {
  report::WorkerPoolOptions pool;
  std::filesystem::path data;
  int reports = 3000;
};

Options Parse(int argc, char** argv) {
  Options options;
  options.pool.spares = kSpares;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string option = argv[i], value = argv[i + 1];
    if (option == "--worker") {
      options.pool.worker = value;
    } else if (option == "--packages") {
      options.pool.python_packages = value;
    } else if (option == "--store") {
      options.pool.store = value;
    } else if (option == "--data") {
      options.data = value;
    } else if (option == "--reports") {
      options.reports = std::atoi(value.c_str());
    } else {
      Die("unknown option " + option);
    }
  }
  if (options.data.empty()) Die("--data is missing");
  return options;
}

template <typename T>
T Get(carrel::Result<T> result) {
  if (!result) Die(result.error().message);
  return std::move(*result);
}

void Check(const carrel::Status& status) {
  if (!status) Die(status.error().message);
}

unsigned Threads() { return 2 * std::max(1U, std::thread::hardware_concurrency()); }

// Calls `work` so often from that many threads; how often a second.
template <typename Work>
double PerSecond(unsigned threads, int times, const Work& work) {
  std::atomic<int> left = times;
  const auto start = SteadyClock::now();
  {
    std::vector<std::jthread> running;
    running.reserve(threads);
    for (unsigned i = 0; i < threads; ++i) {
      running.emplace_back([&] {
        while (left.fetch_sub(1) > 0) work();
      });
    }
  }
  return 1000 * times / Milliseconds(SteadyClock::now() - start);
}

double WorkersAlone(const Options& options, const std::string& language) {
  report::WorkerPool pool(options.pool);
  carrel::bench::RunNoop(pool, language);
  return PerSecond(Threads(), options.reports, [&] { carrel::bench::RunNoop(pool, language); });
}

// What the disk gives: a small file synced, renamed and its directory synced, from the same
// threads.
double SyncedFiles(const std::filesystem::path& directory) {
  constexpr int kFiles = 400;
  std::atomic<int> next = 0;
  return PerSecond(Threads(), kFiles, [&] {
    const auto path = directory / fmt::format("synced-{}", next.fetch_add(1));
    const std::string temporary = path.string() + ".part";
    const carrel::UniqueFd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    Check(carrel::WriteAll(fd.get(), "a row\r\n"));
    const carrel::UniqueFd parent(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (::fsync(fd.get()) != 0 || ::rename(temporary.c_str(), path.c_str()) != 0 ||
        ::fsync(parent.get()) != 0) {
      Die(path.string());
    }
  });
}

// The one directory that every report of the benchmark comes from.
class NoopCheckout final : public report::Checkouts {
 public:
  explicit NoopCheckout(std::filesystem::path path) : path_(std::move(path)) {}
  carrel::Result<carrel::git::Checkout> Get(const report::GitReference& reference) override {
    carrel::git::Checkout checkout;
    checkout.path = path_;
    checkout.tree_id = reference.commit;
    return checkout;
  }

 private:
  const std::filesystem::path path_;
};

manifest::Manifest NoopManifest() {
  manifest::Manifest made;
  made.name = "Benchmark";
  made.version = "1.0.0";
  made.readme_file = "README.md";
  manifest::ReportDefinition definition;
  definition.readme_file = "README.md";
  definition.entrypoint = "report.generate";
  definition.audience = {"vendor"};
  definition.spec = manifest::ReportSpec::kOne;
  definition.renderers = {
      {"csv", manifest::RendererType::kCsv, "CSV", "", true, carrel::Json::object()}};
  definition.name = definition.local_id = "python";
  made.reports.push_back(definition);
  definition.name = definition.local_id = "lua";
  definition.language = manifest::Language::kLua;
  made.reports.push_back(definition);
  return made;
}

// A host as the command line and a server wire it, but for the source of the code.
class StoredHost {
 public:
  explicit StoredHost(const Options& options)
      : directory_(Get(carrel::TempDir::Create(options.data, "carrel-throughput-"))),
        database_(Get(carrel::store::OpenSqliteDatabase(directory_.path() / "carrel.db"))),
        repositories_(*database_),
        templates_(*database_),
        reports_(*database_),
        artifacts_(Get(report::ArtifactStore::Create(directory_.path() / "artifacts"))),
        checkouts_(options.pool.store / "noop"),
        workers_(options.pool),
        executor_(workers_, connections_, http_, {"benchmark"}),
        service_(reports_, templates_, artifacts_, clock_) {
    const std::string host = Get(report::CurrentHostId());
    report::Repository repository;
    repository.git.url = "https://example.com/benchmark";
    repository.git.tag = "v1";
    repository.owner = {kVendor.id, kVendor.name};
    repository = Get(
        repositories_.Create(repository, host, report::ActorOf(kVendor, "bench"), clock_.Now()));
    Get(repositories_.Accept(repository.id, host,
                             {std::string(40, 'a'), NoopManifest(), "Benchmark"}, clock_.Now()));
  }

  // Creates the reports, then takes them to ready.
  struct Figures {
    double created, run;
  };
  Figures Run(const std::string& language, int count) {
    report::TemplateFilter filter;
    filter.local_id = language;
    report::CreateReport request;
    request.template_id = Get(templates_.List(filter)).at(0).id;
    Create(request);
    auto warm = MakeDispatcher();
    Check(warm->Start());
    AwaitAll(1);
    warm.reset();
    Figures figures{};
    figures.created = PerSecond(1, count, [&] { Create(request); });
    const auto start = SteadyClock::now();
    const auto dispatcher = MakeDispatcher();
    Check(dispatcher->Start());
    AwaitAll(count);
    figures.run = 1000 * count / Milliseconds(SteadyClock::now() - start);
    return figures;
  }

 private:
  inline static const report::Account kVendor{"VA-1", "Vendor", report::Role::kVendor};

  void Create(const report::CreateReport& request) {
    last_ = Get(service_.Create(kVendor, "bench", request)).id;
  }

  std::unique_ptr<report::Dispatcher> MakeDispatcher() {
    report::DispatcherOptions options;
    options.workers = static_cast<int>(Threads());
    return Get(report::Dispatcher::Create(
        {reports_, templates_, artifacts_, checkouts_, executor_, clock_}, options));
  }

  report::ReportPage List(const char* status) {
    report::ReportFilter filter;
    filter.status = status;
    filter.limit = 1;
    return Get(service_.List(kVendor, filter));
  }

  void AwaitAll(int added) {
    constexpr int kLookEveryMs = 10;
    expected_ += added;
    // By its key, until the last one is done: a count reads every row, at the cost of what is
    // measured.
    const auto is_under_way = [&] {
      const report::ReportState state = Get(reports_.Get(last_)).status;
      return state == report::ReportState::kPending || state == report::ReportState::kDeploying;
    };
    while (is_under_way()) ::usleep(kLookEveryMs * 1000);
    while (List("ready").total < expected_) {
      const report::ReportPage failed = List("failed");
      if (failed.total > 0) Die("a report failed: " + failed.reports.at(0).notes);
      ::usleep(kLookEveryMs * 1000);
    }
  }

  carrel::TempDir directory_;
  carrel::SystemClock clock_;
  std::unique_ptr<carrel::store::Database> database_;
  report::SqlRepositoryStore repositories_;
  report::SqlTemplateStore templates_;
  report::SqlReportStore reports_;
  report::ArtifactStore artifacts_;
  NoopCheckout checkouts_;
  report::WorkerPool workers_;
  report::ConnectionSet connections_;
  carrel::net::HttpClient http_;
  report::SandboxExecutor executor_;
  report::ReportService service_;
  int64_t expected_ = 0;  // reports that must be ready
  std::string last_;      // created
};

}  // namespace

int main(int argc, char** argv) {
  const Options options = Parse(argc, argv);
  StoredHost host(options);
  fmt::print("| a second, {} threads | Python | Lua |\n|---|---|---|\n", Threads());
  const double python = WorkersAlone(options, "python"), lua = WorkersAlone(options, "lua");
  fmt::print("| no-op reports, workers alone | {:.0f} | {:.0f} |\n", python, lua);
  const auto stored_python = host.Run("python", options.reports);
  const auto stored_lua = host.Run("lua", options.reports);
  fmt::print("| no-op reports, from pending row to published file | {:.0f} | {:.0f} |\n",
             stored_python.run, stored_lua.run);
  fmt::print("| rows created, one thread | {:.0f} | {:.0f} |\n", stored_python.created,
             stored_lua.created);
  const double files = SyncedFiles(options.data);
  fmt::print("| this disk: files synced and renamed | {:.0f} | {:.0f} |\n", files, files);
  return 0;
}
