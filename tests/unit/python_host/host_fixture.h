// Runs the source of a report in this process: a port that records and answers, renderers that
// keep what they are given.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "runtime/base/files.h"
#include "sdk/worker/language_host.h"

namespace carrel::python {

// A cell as text: "text:abc", "int:1", "none", ...
std::string Show(const render::Cell& cell);

class RecordingRenderer final : public render::Renderer {
 public:
  explicit RecordingRenderer(render::Shape shape) : shape_(shape) {}

  render::Shape shape() const override { return shape_; }
  Status WriteRow(render::Row row) override;
  Status WriteValue(std::string_view json) override;
  Status WriteDocument(std::string_view json) override;
  Status Finish(std::string_view finish_time) override;

  std::vector<std::vector<std::string>> rows;
  std::vector<std::vector<std::string>> printed;  // as rows: what cells print of themselves
  std::vector<std::string> values;
  std::string document;
  bool finished = false;
  uint64_t refuse_from = 0;  // rows from this number on are refused; 0: none

 private:
  Status Count();
  const render::Shape shape_;
};

// Thread-safe.
class RecordingPort final : public sdk::ReportPort {
 public:
  Result<sdk::ApiReply> Call(const sdk::ApiCall& call) override;
  void Progress(double value, double max) override;

  std::function<Result<sdk::ApiReply>(const sdk::ApiCall&)> answer;
  std::vector<std::pair<double, double>> progress;
  std::atomic<int> most_inside = 0;

 private:
  std::mutex mutex_;
  std::atomic<int> inside_ = 0;
};

struct Outcome {
  sdk::ReportEnd end;
  std::unique_ptr<RecordingRenderer> renderer;
  std::unique_ptr<RecordingPort> port;
  std::string output;  // of a renderer that is Python's own

  std::string kind() const { return end.failure ? end.failure->kind : ""; }
  std::string message() const { return end.failure ? end.failure->message : ""; }
  std::string traceback() const { return end.failure ? end.failure->traceback : ""; }
};

// The one interpreter of this process.
sdk::LanguageHost& Host();

// A checkout of one test; every report in it is a package of its own name.
class Checkout {
 public:
  Checkout();
  // Relative to the root; directories are made.
  void Write(const std::string& path, std::string_view text) const;
  std::filesystem::path root() const { return directory_.path(); }

  // Writes `source` as module of a fresh package and runs its function `generate`.
  Outcome Run(const std::string& source, render::Shape shape = render::Shape::kCells);
  Outcome RunJob(sdk::ReportJob job, std::unique_ptr<RecordingRenderer> renderer);
  // The job of `source`, to be changed and given to RunJob.
  sdk::ReportJob MakeJob(const std::string& source);

  std::function<Result<sdk::ApiReply>(const sdk::ApiCall&)> answer;

 private:
  TempDir directory_;
};

}  // namespace carrel::python
