#include "tests/unit/python_host/host_fixture.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "sdk/python/python_host.h"

#if defined(__SANITIZE_ADDRESS__)
// The interpreter is never finalised, here as in a worker: what it holds is no leak.
extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() {
  return "detect_leaks=0:allocator_may_return_null=1";
}
#endif

namespace carrel::python {

using render::CellKind;

std::string Show(const render::Cell& cell) {
  const std::string zone = cell.with_zone ? fmt::format("@{}", cell.offset_minutes) : "";
  switch (cell.kind) {
    case CellKind::kNone:
      return "none";
    case CellKind::kBool:
      return fmt::format("bool:{}", cell.integer);
    case CellKind::kInteger:
      return fmt::format("int:{}", cell.integer);
    case CellKind::kBigInteger:
      return fmt::format("big:{}", cell.text);
    case CellKind::kFloat:
      return fmt::format("float:{}", cell.number);
    case CellKind::kDecimal:
      return fmt::format("decimal:{}", cell.text);
    case CellKind::kText:
      return fmt::format("text:{}", cell.text);
    case CellKind::kDate:
      return fmt::format("date:{}", cell.micros);
    case CellKind::kTime:
      return fmt::format("time:{}{}", cell.micros, zone);
    case CellKind::kDateTime:
      return fmt::format("datetime:{}{}", cell.micros, zone);
    case CellKind::kDuration:
      return fmt::format("duration:{}", cell.micros);
    case CellKind::kLongDuration:
      return fmt::format("long:{}:{}", cell.number, cell.text);
    case CellKind::kOther:
      return fmt::format("other:{}:{}", cell.type_name, cell.text);
  }
  return "?";
}

Status RecordingRenderer::Count() {
  ++rows_;
  if (refuse_from != 0 && rows_ >= refuse_from) {
    return Fail(Code::kInvalid, fmt::format("row {}: refused", rows_));
  }
  return {};
}

Status RecordingRenderer::WriteRow(render::Row row) {
  std::vector<std::string> cells;
  std::vector<std::string> own;
  for (const render::Cell& cell : row) {
    cells.push_back(Show(cell));
    own.emplace_back(cell.printed);
  }
  printed.push_back(std::move(own));
  rows.push_back(std::move(cells));
  return Count();
}

Status RecordingRenderer::WriteValue(std::string_view json) {
  values.emplace_back(json);
  return Count();
}

Status RecordingRenderer::WriteDocument(std::string_view json) {
  document = json;
  return {};
}

Status RecordingRenderer::Finish(std::string_view) {
  finished = true;
  return {};
}

Result<sdk::ApiReply> RecordingPort::Call(const sdk::ApiCall& call) {
  const int inside = ++inside_;
  int most = most_inside;
  while (inside > most && !most_inside.compare_exchange_weak(most, inside)) {
  }
  auto reply = answer ? answer(call) : Fail(Code::kDenied, "no connection in this test");
  --inside_;
  return reply;
}

void RecordingPort::Progress(double value, double max) {
  const std::lock_guard lock(mutex_);
  progress.emplace_back(value, max);
}

sdk::LanguageHost& Host() {
  // Never destroyed: the interpreter stays until the process ends.
  static sdk::LanguageHost* const host = [] {
    auto made = MakePythonHost({.packages_dir = CARREL_PYTHON_PACKAGES}).release();
    if (const Status warm = made->Warm(); !warm) {
      fmt::print(stderr, "{}\n", warm.error().message);
      std::abort();
    }
    return made;
  }();
  return *host;
}

Checkout::Checkout()
    : directory_(TempDir::Create(std::filesystem::temp_directory_path(), "python_host").value()) {}

void Checkout::Write(const std::string& path, std::string_view text) const {
  const auto full = root() / path;
  std::filesystem::create_directories(full.parent_path());
  std::ofstream(full, std::ios::binary) << text;
}

sdk::ReportJob Checkout::MakeJob(const std::string& source) {
  static int number = 0;  // module names are unique: the interpreter remembers what it imported
  const std::string package = fmt::format("report{}", ++number);
  Write("reports/" + package + "/entry.py", source);
  sdk::ReportJob job;
  job.root = root();
  job.entrypoint = "reports." + package + ".entry.generate";
  job.spec = "2";
  job.report_name = "Sales";
  job.report_description = "All sales";
  job.renderer_type = "csv";
  job.parameters = OrderedJson::object();
  job.endpoint = "https://api.example.com/public/v1";
  job.api_key = "ApiKey placeholder";
  job.connection = "main";
  job.info.account_id = "VA-1";
  job.info.account_name = "Vendor";
  job.info.report_id = "REP-1";
  return job;
}

Outcome Checkout::Run(const std::string& source, render::Shape shape) {
  return RunJob(MakeJob(source), std::make_unique<RecordingRenderer>(shape));
}

Outcome Checkout::RunJob(sdk::ReportJob job, std::unique_ptr<RecordingRenderer> renderer) {
  const auto path = root() / "output";
  job.output_fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  Outcome outcome;
  outcome.renderer = std::move(renderer);
  outcome.port = std::make_unique<RecordingPort>();
  outcome.port->answer = answer;
  outcome.end = Host().Run(job, *outcome.port, outcome.renderer.get());
  ::close(job.output_fd);
  outcome.output = ReadFile(path).value();
  return outcome;
}

}  // namespace carrel::python
