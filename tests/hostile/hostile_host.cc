// A host that lives long and runs whatever report it is told to, made of the parts that `carrel`
// itself is made of. Speaks JSON lines on stdin and stdout; see README.md for the words.
#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "runtime/base/clock.h"
#include "runtime/base/json.h"
#include "runtime/base/sha256.h"
#include "runtime/base/unique_fd.h"
#include "runtime/net/http_client.h"
#include "runtime/report/connection.h"
#include "runtime/report/sandbox_executor.h"
#include "runtime/report/worker_pool.h"

namespace {

namespace fs = std::filesystem;
using carrel::Json;
using carrel::OrderedJson;
using carrel::Result;
using carrel::Status;
using carrel::report::Connection;

std::vector<std::string> Strings(const Json& object, const char* key) {
  std::vector<std::string> out;
  for (const Json& item : object.value(key, Json::array())) out.push_back(item.get<std::string>());
  return out;
}

Connection ConnectionOf(const Json& json) {
  using std::chrono::milliseconds;
  Connection connection;
  connection.name = carrel::JsonString(json, "name");
  connection.base_url = carrel::JsonString(json, "base_url");
  connection.credential = carrel::report::Secret(carrel::JsonString(json, "credential"));
  if (carrel::JsonString(json, "access") == "read-write") {
    connection.access = carrel::report::Access::kReadWrite;
  }
  if (carrel::JsonString(json, "addresses") == "private") {
    connection.addresses = carrel::net::AddressPolicy::kAllowPrivate;
  }
  connection.call_timeout = milliseconds(json.value("call_timeout_ms", 300'000));
  connection.retry_base = milliseconds(10);
  connection.max_retries = json.value("max_retries", 1);
  connection.requests_per_second = json.value("requests_per_second", 0.0);
  return connection;
}

// {name: [address]}; no other name exists.
carrel::net::Resolver ResolverOf(const Json& hosts) {
  return [hosts](const std::string& host) { return Strings(hosts, host.c_str()); };
}

// The parts, wired as the command line wires them.
struct Parts {
  explicit Parts(const Json& config)
      : pool({.worker = carrel::JsonString(config, "worker"),
              .python_packages = carrel::JsonString(config, "packages"),
              .store = carrel::JsonString(config, "store"),
              .spares = config.value("spares", 0),
              .degraded = config.value("degraded", false)
                              ? carrel::sandbox::DegradedTier::kAllowed
                              : carrel::sandbox::DegradedTier::kRefused}),
        http({.resolver = ResolverOf(config.value("hosts", Json::object()))}) {
    for (const Json& json : config.value("connections", Json::array())) {
      if (Status added = connections.Add(ConnectionOf(json)); !added && problem) {
        problem = std::unexpected(added.error());
      }
    }
  }

  // Both zygotes, from the thread that lives as long as the process.
  Status Warm() {
    CARREL_TRY(problem);
    for (const char* language : {"python", "lua"}) CARREL_TRY(pool.Get(language));
    return {};
  }

  Status problem;
  carrel::report::ConnectionSet connections;
  carrel::report::WorkerPool pool;
  carrel::net::HttpClient http;
  carrel::report::SandboxExecutor executor{pool, connections, http, {.environment = "hostile"}};
};

class CountingObserver final : public carrel::report::RunObserver {
 public:
  void OnProgress(const carrel::report::Progress&) override { ++progress_; }
  void OnLog(std::string_view) override {}
  int progress() const { return progress_; }

 private:
  std::atomic<int> progress_ = 0;
};

Result<carrel::report::Job> JobOf(const Json& run, const fs::path& store, int output_fd) {
  namespace manifest = carrel::manifest;
  carrel::report::Job job;
  const Json renderer = run.value("renderer", Json::object());
  const auto language = manifest::LanguageFromName(carrel::JsonString(run, "language", "python"));
  const auto type = manifest::RendererTypeFromName(carrel::JsonString(renderer, "type", "json"));
  const auto spec = manifest::SpecFromName(carrel::JsonString(run, "spec", "2"));
  if (!language || !type || !spec) {
    return carrel::Fail(carrel::Code::kInvalid, "unknown language, renderer or spec");
  }
  job.report_id = "HOSTILE";
  job.checkout = store / carrel::JsonString(run, "checkout");
  job.definition.name = "Hostile report";
  job.definition.local_id = "hostile";
  job.definition.readme_file = "README.md";
  job.definition.entrypoint = carrel::JsonString(run, "entrypoint", "report.generate");
  job.definition.spec = *spec;
  job.definition.language = *language;
  if (run.contains("connections")) job.definition.connections = Strings(run, "connections");
  job.renderer.type = *type;
  job.renderer.template_file = carrel::JsonString(renderer, "template");
  job.renderer.args = renderer.value("args", Json::object());
  job.parameters =
      OrderedJson::parse(run.value("parameters", Json::object()).dump(), nullptr, false);
  job.account = {"VA-000-000", "Hostile", carrel::report::Role::kAdmin};
  job.output_fd = output_fd;
  const Json limits = run.value("limits", Json::object());
  for (const auto& [name, value] : limits.items()) {
    CARREL_TRY(carrel::sandbox::SetLimit(job.limits, name, value.get<int64_t>()));
  }
  job.start_time = carrel::SystemClock().Now();
  return job;
}

Json ToJson(const carrel::report::Outcome& outcome) {
  return {{"verdict", carrel::report::Name(outcome.verdict)},
          {"message", outcome.message},
          {"failure_kind", outcome.failure_kind},
          {"traceback", outcome.traceback},
          {"rows", outcome.rows},
          {"bytes", outcome.bytes},
          {"log", outcome.log},
          {"sha256", outcome.sha256},
          {"tier", outcome.sandbox_tier},
          {"wall_s", outcome.use.wall_s},
          {"cpu_s", outcome.use.cpu_s},
          {"peak_memory_bytes", outcome.use.peak_memory_bytes}};
}

// ---- the state of this process ----

int EntriesOf(const char* directory) {
  int count = 0;
  std::error_code error;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    ++count;
  }
  return count;
}

// Parents of all processes. The name in /proc/PID/stat may hold blanks and parentheses.
std::map<int, int> Parents() {
  std::map<int, int> parents;
  std::error_code error;
  for (fs::directory_iterator it("/proc", error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    std::ifstream file(it->path() / "stat");
    std::string text;
    std::getline(file, text);
    const size_t end_of_name = text.rfind(") ");
    if (end_of_name == std::string::npos) continue;
    parents[std::stoi(name)] = std::atoi(text.c_str() + end_of_name + 4);
  }
  return parents;
}

std::vector<int> Descendants(int ancestor) {
  const std::map<int, int> parents = Parents();
  std::set<int> found = {ancestor};
  for (bool grew = true; grew;) {
    grew = false;
    for (const auto& [pid, parent] : parents) {
      if (found.contains(parent) && found.insert(pid).second) grew = true;
    }
  }
  found.erase(ancestor);
  return {found.begin(), found.end()};
}

int64_t ResidentKb() {
  std::ifstream status("/proc/self/statm");
  int64_t total = 0, resident = 0;
  status >> total >> resident;
  return resident * (::sysconf(_SC_PAGESIZE) / 1024);
}

int MountCount() {
  std::ifstream mounts("/proc/self/mountinfo");
  int count = 0;
  for (std::string line; std::getline(mounts, line);) ++count;
  return count;
}

Json StatusOfThisProcess() {
  return {{"pid", ::getpid()},
          // Without the descriptor of the directory that is being read.
          {"fds", EntriesOf("/proc/self/fd") - 1},
          {"threads", EntriesOf("/proc/self/task")},
          {"rss_kb", ResidentKb()},
          {"mounts", MountCount()},
          {"children", Descendants(::getpid())}};
}

// ---- requests ----

class HostileHost {
 public:
  Json Answer(const Json& request) {
    if (request.contains("configure")) return Configure(request["configure"]);
    if (request.contains("status")) return StatusOfThisProcess();
    if (!parts_) return {{"error", "not configured"}};
    if (request.contains("run")) return Run(request["run"]);
    if (request.contains("parallel")) return RunAll(request["parallel"]);
    return {{"error", "unknown request"}};
  }

 private:
  Json Configure(const Json& config) {
    store_ = carrel::JsonString(config, "store");
    outputs_ = carrel::JsonString(config, "outputs");
    parts_ = std::make_unique<Parts>(config);
    if (Status warm = parts_->Warm(); !warm) return {{"error", warm.error().message}};
    return {{"ready", true}};
  }

  Json Run(const Json& run) {
    const fs::path path = outputs_ / fmt::format("{}-{}", ::getpid(), ++last_output_);
    const carrel::UniqueFd output(
        ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
    if (!output) return {{"error", path.string() + ": cannot be created"}};
    const auto job = JobOf(run, store_, output.get());
    if (!job) return {{"error", job.error().message}};
    CountingObserver observer;
    const auto outcome = parts_->executor.Execute(*job, observer, {});
    if (!outcome) return {{"error", outcome.error().message}};
    Json answer = ToJson(*outcome);
    answer["progress"] = observer.progress();
    struct stat info{};
    ::fstat(output.get(), &info);
    answer["file"] = {{"path", path.string()},
                      {"bytes", info.st_size},
                      {"sha256", carrel::Sha256OfFd(output.get()).value_or("")}};
    return answer;
  }

  Json RunAll(const Json& runs) {
    std::vector<Json> answers(runs.size());
    {
      std::vector<std::jthread> threads;
      threads.reserve(runs.size());
      for (size_t i = 0; i < runs.size(); ++i) {
        threads.emplace_back([&, i] { answers[i] = Run(runs[i]); });
      }
    }
    return answers;
  }

  fs::path store_, outputs_;
  std::unique_ptr<Parts> parts_;
  std::atomic<int> last_output_ = 0;
};

}  // namespace

int main() {
  std::signal(SIGPIPE, SIG_IGN);
  HostileHost host;
  for (std::string line; std::getline(std::cin, line);) {
    const auto request = carrel::ParseJson(line);
    const Json answer = request ? host.Answer(*request) : Json{{"error", request.error().message}};
    fmt::print("{}\n", carrel::DumpJson(answer));
    std::fflush(stdout);
  }
  return 0;
}
