// Runs Lua reports in the test's own process: a repository in a temporary directory, an API that
// answers from a map, a renderer that keeps what it is given.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "runtime/base/files.h"
#include "sdk/lua/lua_host.h"

namespace carrel::lua {

// Answers "METHOD path?query" from `replies`; anything else with 404. Keeps every call.
class MapPort final : public sdk::ReportPort {
 public:
  Result<sdk::ApiReply> Call(const sdk::ApiCall& call) override;
  void Progress(double value, double max) override;

  // `range` is the Content-Range header, if any.
  void Reply(const std::string& request, const std::string& body, const std::string& range = "",
             int status = 200);

  std::vector<std::string> requests() const;

  std::map<std::string, sdk::ApiReply> replies;
  std::vector<sdk::ApiCall> calls;
  std::vector<std::pair<double, double>> progress;
  std::string refusal;  // not empty: every call is refused with this text
};

// Keeps rows as text: "i:1|t:abc|..." for cells, JSON as it comes.
class RecordingRenderer final : public render::Renderer {
 public:
  explicit RecordingRenderer(render::Shape shape) : shape_(shape) {}
  render::Shape shape() const override { return shape_; }
  Status WriteRow(render::Row row) override;
  Status WriteValue(std::string_view json) override;
  Status WriteDocument(std::string_view json) override;
  Status Finish(std::string_view finish_time) override;

  std::vector<std::string> rows;
  std::string document;
  std::string finish_time;

 private:
  const render::Shape shape_;
};

class LuaTest : public ::testing::Test {
 protected:
  LuaTest();

  void Write(const std::string& path, std::string_view text);
  // A report whose generate has `body` and the five arguments of spec 2.
  void WriteReport(std::string_view body);
  // Runs r.main.generate (or job.entrypoint, when set).
  sdk::ReportEnd Run(render::Shape shape = render::Shape::kCells);
  // The message of the failure, which must be of `kind`; "" and a test failure otherwise.
  std::string FailsWith(const std::string& kind, render::Shape shape = render::Shape::kCells);
  // The one cell of the one row that `return {{<expression>}}` gives, or the failure.
  std::string Cell(const std::string& expression);

  TempDir dir;
  MapPort port;
  sdk::ReportJob job;
  LuaLimits limits;
  std::unique_ptr<RecordingRenderer> renderer;
};

}  // namespace carrel::lua
