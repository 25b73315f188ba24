#include "runtime/report/sandbox_executor.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "runtime/base/files.h"
#include "runtime/base/ids.h"
#include "runtime/base/text.h"
#include "runtime/report/broker.h"
#include "sandbox/session.h"

namespace carrel::report {
namespace {

// The page size of `client`; the size that report code written for the hosted runtime expects.
constexpr int kClientPageSize = 500;
constexpr size_t kMaxReadme = size_t{1} << 20;

// The worker's calls and signs of life, passed on.
class JobHandler final : public sandbox::SessionHandler {
 public:
  JobHandler(Broker& broker, RunObserver& observer) : broker_(broker), observer_(observer) {}

  Answer OnCall(const Json& header, std::string_view body, std::stop_token stop) override {
    const auto reply = broker_.Call(ParseCall(header, body), stop);
    if (!reply) return {{{"error", reply.error().message}}, {}};
    Json headers = Json::object();
    for (const net::Header& h : reply->headers) headers[h.name] = h.value;
    return {{{"status", reply->status}, {"headers", headers}}, reply->body};
  }

  void OnProgress(const Json& json) override {
    Progress progress{.stage = "running"};
    if (json.contains("value") && json["value"].is_number()) progress.value = json["value"];
    if (json.contains("max") && json["max"].is_number()) progress.max = json["max"];
    observer_.OnProgress(progress);
  }

  void OnLog(std::string_view bytes) override { observer_.OnLog(broker_.Scrub(ToUtf8(bytes))); }

 private:
  static ApiCall ParseCall(const Json& header, std::string_view body) {
    ApiCall call;
    call.connection = JsonString(header, "connection");
    call.method = JsonString(header, "method");
    call.path = JsonString(header, "path");
    call.query = JsonString(header, "query");
    call.body = body;
    if (const auto it = header.find("headers"); it != header.end() && it->is_object()) {
      for (const auto& [name, value] : it->items()) {
        if (value.is_string()) call.headers.push_back({name, value.get<std::string>()});
      }
    }
    return call;
  }

  Broker& broker_;
  RunObserver& observer_;
};

// `report.description` of a template is the text of its readme.
std::string ReadReadme(const Job& job) {
  return ReadFile(job.checkout / job.definition.readme_file, kMaxReadme).value_or(std::string());
}

Json JobFrame(const Job& job, const ConnectionSet& connections, const std::string& placeholder,
              const std::string& environment) {
  const auto* connection = connections.Find("");
  return {{"kind", "report"},
          {"entrypoint", job.definition.entrypoint},
          {"spec", manifest::Name(job.definition.spec)},
          {"local_id", job.definition.local_id},
          {"report_name", job.definition.name},
          {"report_description", ReadReadme(job)},
          {"renderer",
           {{"type", manifest::Name(job.renderer.type)},
            {"template", job.renderer.template_file},
            {"args", job.renderer.args}}},
          {"parameters", job.parameters.dump(-1, ' ', false, Json::error_handler_t::replace)},
          {"endpoint", connection != nullptr ? connection->connection.base_url : ""},
          {"api_key", placeholder},
          {"connection", connections.default_name()},
          {"default_limit", kClientPageSize},
          {"memory_mb", job.limits.memory_mb},
          {"info",
           {{"account_id", job.account.id},
            {"account_name", job.account.name},
            {"report_id", job.definition.local_id},
            {"report_name", job.definition.name},
            {"environment", environment},
            {"start_time", FormatIso(job.start_time)}}}};
}

struct VerdictPair {
  sandbox::Verdict from;
  Verdict to;
};

constexpr std::array kVerdictPairs = {
    VerdictPair{sandbox::Verdict::kProtocolViolation, Verdict::kProtocolViolation},
    VerdictPair{sandbox::Verdict::kWallLimit, Verdict::kWallLimit},
    VerdictPair{sandbox::Verdict::kIdleLimit, Verdict::kIdleLimit},
    VerdictPair{sandbox::Verdict::kCpuLimit, Verdict::kCpuLimit},
    VerdictPair{sandbox::Verdict::kMemoryLimit, Verdict::kMemoryLimit},
    VerdictPair{sandbox::Verdict::kThreadLimit, Verdict::kThreadLimit},
    VerdictPair{sandbox::Verdict::kCallLimit, Verdict::kCallLimit},
    VerdictPair{sandbox::Verdict::kFrameLimit, Verdict::kFrameLimit},
    VerdictPair{sandbox::Verdict::kKilledByPolicy, Verdict::kKilledByPolicy},
    VerdictPair{sandbox::Verdict::kCrashed, Verdict::kCrashed},
    VerdictPair{sandbox::Verdict::kSandboxError, Verdict::kSandboxError},
};

// Limits that report code runs into as an exception: a worker that claims one accuses itself only.
struct KindPair {
  std::string_view kind;
  Verdict verdict;
};

constexpr std::array kLimitKinds = {
    KindPair{"memory", Verdict::kMemoryLimit},       KindPair{"threads", Verdict::kThreadLimit},
    KindPair{"files", Verdict::kFileLimit},          KindPair{"tmp", Verdict::kTmpLimit},
    KindPair{"output_limit", Verdict::kOutputLimit},
};

uint64_t Unsigned(const Json& object, const char* key) {
  const auto it = object.find(key);
  return it != object.end() && it->is_number_unsigned() ? it->get<uint64_t>() : 0;
}

// What a worker says of itself: every field is a stranger's and may be missing or of any type.
void ReadPayload(const Json& payload, const Broker& broker, Outcome& outcome) {
  // More rows than any file can hold are no number to store.
  constexpr uint64_t kMaxRows = uint64_t{1} << 48;
  if (JsonString(payload, "status") == "ok" && Unsigned(payload, "rows") > kMaxRows) {
    outcome.verdict = Verdict::kProtocolViolation;
    outcome.message = "an impossible number of rows";
    return;
  }
  if (JsonString(payload, "status") == "ok") {
    outcome.verdict = Verdict::kOk;
    outcome.rows = Unsigned(payload, "rows");
    outcome.bytes = Unsigned(payload, "bytes");
    outcome.sha256 = JsonString(payload, "sha256");
    return;
  }
  const Json failure = payload.value("failure", Json::object());
  outcome.verdict = Verdict::kPluginError;
  outcome.failure_kind = JsonString(failure, "kind", "error");
  outcome.message = broker.Scrub(JsonString(failure, "message", "the report failed"));
  outcome.traceback = broker.Scrub(JsonString(failure, "traceback"));
  outcome.api_status = static_cast<int>(Unsigned(failure, "status"));
  for (const KindPair& pair : kLimitKinds) {
    if (pair.kind == outcome.failure_kind) outcome.verdict = pair.verdict;
  }
  // A report that fails once it has used its requests up failed for that.
  if (const auto limit = broker.exhausted(); limit && outcome.verdict == Verdict::kPluginError) {
    outcome.verdict = Verdict::kCallLimit;
    outcome.failure_kind.clear();
    outcome.message = limit->message;
  }
}

Outcome MakeOutcome(const sandbox::WorkerOutcome& worker, const Broker& broker,
                    const sandbox::Layers& layers) {
  Outcome outcome;
  outcome.sandbox_tier = Describe(layers);
  outcome.log = broker.Scrub(worker.log);
  if (worker.log_dropped > 0) {
    outcome.log +=
        fmt::format("\n... {} more bytes were printed and dropped\n", worker.log_dropped);
  }
  outcome.use = {worker.usage.wall_s, worker.usage.cpu_s,
                 static_cast<uint64_t>(worker.usage.max_rss_kb) * 1024};
  if (worker.verdict == sandbox::Verdict::kDone) {
    ReadPayload(worker.payload, broker, outcome);
    return outcome;
  }
  outcome.message = worker.reason;
  for (const VerdictPair& pair : kVerdictPairs) {
    if (pair.from == worker.verdict) outcome.verdict = pair.to;
  }
  return outcome;
}

BrokerLimits BrokerLimitsOf(const Limits& limits) {
  BrokerLimits out;
  out.max_calls = static_cast<uint64_t>(limits.calls);
  out.max_response_bytes = static_cast<uint64_t>(limits.reply_kb) << 10;
  out.max_bytes_in = static_cast<uint64_t>(limits.received_mb) << 20;
  out.max_bytes_out = static_cast<uint64_t>(limits.sent_mb) << 20;
  out.per_call_timeout = std::chrono::seconds(limits.call_s);
  return out;
}

}  // namespace

Result<Outcome> SandboxExecutor::Execute(const Job& job, RunObserver& observer,
                                         std::stop_token stop) {
  CARREL_ASSIGN_OR_RETURN(const auto zygote,
                          pool_.Get(manifest::Name(job.definition.language), job.environment));
  CARREL_ASSIGN_OR_RETURN(const std::string subtree, pool_.Subtree(job.checkout));
  const std::string placeholder = "ApiKey placeholder:" + RandomHex(16);
  BrokerOptions broker_options;
  broker_options.permitted = job.definition.connections;
  broker_options.placeholder = placeholder;
  broker_options.owner = job.account;
  broker_options.limits = BrokerLimitsOf(job.limits);
  Broker broker(connections_, http_, std::move(broker_options));
  JobHandler handler(broker, observer);
  const sandbox::SessionJob session{
      .subtree = subtree,
      .output_fd = job.output_fd,
      .limits = job.limits,
      .job = JobFrame(job, connections_, placeholder, options_.environment)};
  const sandbox::WorkerOutcome worker = RunSession(*zygote, session, handler, stop);
  if (worker.verdict == sandbox::Verdict::kCancelled) return Fail(Code::kCancelled, "cancelled");
  return MakeOutcome(worker, broker, zygote->layers());
}

}  // namespace carrel::report
