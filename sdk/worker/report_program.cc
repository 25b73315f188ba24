#include "sdk/worker/report_program.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

#include "runtime/base/clock.h"
#include "runtime/base/sha256.h"
#include "runtime/base/text.h"
#include "runtime/base/unique_fd.h"
#include "sandbox/worker_entry.h"
#include "sdk/render/workbook_inspect.h"
#include "sdk/worker/worker_port.h"

namespace carrel::sdk {
namespace {

// Passes rows on and tells the port of each.
class MeteredRenderer final : public render::Renderer {
 public:
  MeteredRenderer(std::unique_ptr<render::Renderer> inner, WorkerPort& port)
      : inner_(std::move(inner)), port_(port) {}

  render::Shape shape() const override { return inner_->shape(); }
  Status WriteRow(render::Row row) override { return Count(inner_->WriteRow(row)); }
  Status WriteValue(std::string_view json) override { return Count(inner_->WriteValue(json)); }
  Status WriteDocument(std::string_view json) override {
    return Count(inner_->WriteDocument(json));
  }
  Status Finish(std::string_view) override {
    return inner_->Finish(FormatIso(SystemClock().Now()));
  }
  std::string_view sha256() const override { return inner_->sha256(); }

 private:
  Status Count(Status written) {
    if (written) port_.RowWritten(++rows_);
    return written;
  }

  std::unique_ptr<render::Renderer> inner_;
  WorkerPort& port_;
};

render::RunInfo ParseInfo(const Json& info, const OrderedJson& parameters) {
  return {.account_id = JsonString(info, "account_id"),
          .account_name = JsonString(info, "account_name"),
          .report_id = JsonString(info, "report_id"),
          .report_name = JsonString(info, "report_name"),
          .environment = JsonString(info, "environment"),
          .start_time = JsonString(info, "start_time"),
          .parameters = parameters};
}

ReportJob ParseJob(const Json& json, int output_fd) {
  const Json renderer = json.value("renderer", Json::object());
  ReportJob job;
  job.entrypoint = JsonString(json, "entrypoint");
  job.spec = JsonString(json, "spec");
  job.local_id = JsonString(json, "local_id");
  job.report_name = JsonString(json, "report_name");
  job.report_description = JsonString(json, "report_description");
  job.renderer_type = JsonString(renderer, "type");
  job.template_path = JsonString(renderer, "template");
  job.renderer_args = renderer.value("args", Json());
  // Text inside JSON: the order of the parameters survives the parser above.
  job.parameters = OrderedJson::parse(JsonString(json, "parameters", "{}"), nullptr, false);
  job.endpoint = JsonString(json, "endpoint");
  job.api_key = JsonString(json, "api_key");
  job.connection = JsonString(json, "connection");
  job.memory_bytes = json.value("memory_mb", size_t{0}) << 20;
  job.default_limit = json.value("default_limit", 500);
  job.info = ParseInfo(json.value("info", Json::object()), job.parameters);
  job.output_fd = output_fd;
  return job;
}

Json FailureJson(const ReportFailure& failure) {
  constexpr size_t kMaxMessage = size_t{16} << 10, kMaxTraceback = size_t{64} << 10;
  return {{"kind", failure.kind},
          {"message", Truncate(ToUtf8(failure.message), kMaxMessage)},
          {"traceback", Truncate(ToUtf8(failure.traceback), kMaxTraceback)},
          {"status", failure.status}};
}

Json Failed(const ReportFailure& failure) {
  return {{"status", "failed"}, {"failure", FailureJson(failure)}};
}

// The cap on the output file was reached, whoever wrote it.
bool AtSizeLimit(int output_fd) {
  struct stat info{};
  rlimit limit{};
  return ::fstat(output_fd, &info) == 0 && ::getrlimit(RLIMIT_FSIZE, &limit) == 0 &&
         static_cast<rlim_t>(info.st_size) >= limit.rlim_cur;
}

// A failure of the output or its template, not of report code.
ReportFailure OutputFailure(const Error& error) {
  ReportFailure failure;
  failure.kind = "render";
  failure.message = error.message;
  return failure;
}

}  // namespace

void ReportProgram::Locate(const sandbox::Places& places) {
  environment_ = places.Of(environment_.string());
  checkout_ = places.Of(sandbox::kCheckoutMount);
  language_->Locate(places);
}

Status ReportProgram::Warm() {
  // The library behind it reads its configuration at the first use: once here, not in each worker.
  (void)Sha256Hex("");
  CARREL_TRY(language_->Warm());
  Rehearse({});
  language_->Settle();
  return {};
}

// A whole run without a host: see LanguageHost::Practice.
void ReportProgram::Rehearse(const std::filesystem::path& scratch) {
  constexpr int kNoHost = -1;
  const auto practice = language_->Practice(scratch);
  const UniqueFd output(::memfd_create("rehearsal", MFD_CLOEXEC));
  if (!practice || !output) return;
  const Json job = {
      {"kind", "report"},      {"entrypoint", practice->entrypoint},
      {"spec", "2"},           {"renderer", {{"type", "csv"}, {"template", ""}, {"args", nullptr}}},
      {"parameters", "{}"},    {"endpoint", "https://localhost"},
      {"info", Json::object()}};
  // Through text, as the job will come.
  if (const auto parsed = ParseJson(DumpJson(job))) {
    ReportJob rehearsed = ParseJob(*parsed, output.get());
    rehearsed.root = practice->root;
    (void)DumpJson(RunReport(rehearsed, kNoHost));
  }
  language_->Forget();
}

Json ReportProgram::RunReport(const ReportJob& job, int socket) {
  const int output_fd = job.output_fd;
  WorkerPort port(socket);
  std::unique_ptr<MeteredRenderer> renderer;
  if (!language_->RendersItself(job.renderer_type)) {
    auto made = render::MakeRenderer({.type = job.renderer_type,
                                      .args = job.renderer_args,
                                      .root = job.root.string(),
                                      .template_path = job.template_path,
                                      .output_fd = output_fd,
                                      .info = job.info});
    if (!made) return Failed(OutputFailure(made.error()));
    renderer = std::make_unique<MeteredRenderer>(std::move(*made), port);
  }
  const ReportEnd end = language_->Run(job, port, renderer.get());
  port.FlushProgress();
  if (end.failure && AtSizeLimit(output_fd)) end.failure->kind = "output_limit";
  if (end.failure) return Failed(*end.failure);
  struct stat info{};
  if (::fstat(output_fd, &info) != 0) {
    return Failed(OutputFailure(FailErrno("output file").error()));
  }
  Result<std::string> sha256{std::string(renderer ? renderer->sha256() : "")};
  if (sha256->empty()) sha256 = Sha256OfFd(output_fd);
  if (!sha256) return Failed(OutputFailure(sha256.error()));
  return {{"status", "ok"},
          {"rows", end.rows},
          {"bytes", info.st_size},
          {"sha256", std::move(*sha256)}};
}

Json ReportProgram::RunJob(const Json& json, int socket, int output_fd) {
  ReportJob job = ParseJob(json, output_fd);
  job.root = checkout_;
  job.environment = environment_;
  return RunReport(job, socket);
}

Json ReportProgram::Inspect(const Json& json) {
  const std::filesystem::path& root = checkout_;
  Json entrypoints = Json::array(), workbooks = Json::array();
  for (const Json& query : json.value("entrypoints", Json::array())) {
    entrypoints.push_back(language_->InspectEntrypoint(
        root, {.file = JsonString(query, "file"), .function = JsonString(query, "function")}));
  }
  for (const Json& query : json.value("workbooks", Json::array())) {
    const auto workbook = render::InspectWorkbook(root / JsonString(query, "file"));
    Json sheets = Json::array();
    if (workbook) {
      // A chart sheet cannot take rows; the host asks for sheets that can.
      for (const auto& sheet : workbook->sheets) {
        if (sheet.is_worksheet) sheets.push_back(sheet.name);
      }
    }
    workbooks.push_back({{"readable", workbook.has_value()},
                         {"error", workbook ? "" : Truncate(ToUtf8(workbook.error().message), 500)},
                         {"sheets", sheets}});
  }
  return {{"status", "ok"}, {"entrypoints", entrypoints}, {"workbooks", workbooks}};
}

int ReportProgram::Run(int socket, int output_fd) {
  const auto frame = sandbox::ReceiveFrame(socket);
  if (!frame || frame->type != sandbox::FrameType::kJob) return 1;
  const auto job = ParseJson(frame->payload);
  if (!job) return 1;
  const Json outcome =
      JsonString(*job, "kind") == "inspect" ? Inspect(*job) : RunJob(*job, socket, output_fd);
  return sandbox::SendFrame(socket, sandbox::FrameType::kOutcome, DumpJson(outcome)) ? 0 : 1;
}

}  // namespace carrel::sdk
