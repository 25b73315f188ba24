#include "tests/unit/lua/lua_fixture.h"

#include <fmt/format.h>

namespace carrel::lua {
namespace {

std::string CellText(const render::Cell& cell) {
  using render::CellKind;
  const auto zone = cell.with_zone ? fmt::format("{:+}", cell.offset_minutes) : std::string();
  switch (cell.kind) {
    case CellKind::kNone:
      return "none";
    case CellKind::kBool:
      return cell.integer != 0 ? "true" : "false";
    case CellKind::kInteger:
      return fmt::format("i:{}", cell.integer);
    case CellKind::kFloat:
      return fmt::format("f:{}", cell.number);
    case CellKind::kDecimal:
      return fmt::format("dec:{}", cell.text);
    case CellKind::kText:
      return fmt::format("t:{}", cell.text);
    case CellKind::kDate:
      return fmt::format("date:{}", cell.micros);
    case CellKind::kDateTime:
      return fmt::format("dt:{}{}", cell.micros, zone);
    case CellKind::kOther:
      return fmt::format("other:{}", cell.type_name);
    default:
      return "unexpected";
  }
}

}  // namespace

Result<sdk::ApiReply> MapPort::Call(const sdk::ApiCall& call) {
  calls.push_back(call);
  if (!refusal.empty()) return Fail(Code::kDenied, refusal);
  const auto found = replies.find(requests().back());
  if (found != replies.end()) return found->second;
  return sdk::ApiReply{.status = 404, .headers = {}, .body = "nothing here"};
}

void MapPort::Progress(double value, double max) { progress.emplace_back(value, max); }

void MapPort::Reply(const std::string& request, const std::string& body, const std::string& range,
                    int status) {
  sdk::ApiReply reply{
      .status = status, .headers = {{"content-type", "application/json"}}, .body = body};
  if (!range.empty()) reply.headers["content-range"] = range;
  replies[request] = reply;
}

std::vector<std::string> MapPort::requests() const {
  std::vector<std::string> texts;
  for (const sdk::ApiCall& call : calls) {
    const std::string mark = call.query.empty() ? "" : "?";
    texts.push_back(call.method + " " + call.path + mark + call.query);
  }
  return texts;
}

Status RecordingRenderer::WriteRow(render::Row row) {
  std::string text;
  for (const render::Cell& cell : row) text += (text.empty() ? "" : "|") + CellText(cell);
  rows.push_back(text);
  ++rows_;
  return {};
}

Status RecordingRenderer::WriteValue(std::string_view json) {
  rows.emplace_back(json);
  ++rows_;
  return {};
}

Status RecordingRenderer::WriteDocument(std::string_view json) {
  document = json;
  return {};
}

Status RecordingRenderer::Finish(std::string_view time) {
  finish_time = time;
  return {};
}

LuaTest::LuaTest() : dir(*TempDir::Create("/tmp", "carrel-lua-test-")) {
  limits.memory_bytes = size_t{64} << 20;
  job.root = dir.path();
  job.entrypoint = "r.main.generate";
  job.spec = "2";
  job.renderer_type = "csv";
  job.endpoint = "https://api.example.com/public/v1";
  job.api_key = "placeholder";
  job.default_limit = 2;
  job.parameters = OrderedJson::object();
}

void LuaTest::Write(const std::string& path, std::string_view text) {
  const auto file = dir.path() / path;
  ASSERT_TRUE(MakeDirectories(file.parent_path()));
  ASSERT_TRUE(WriteFileAtomic(file, text));
}

void LuaTest::WriteReport(std::string_view body) {
  Write("r/main.lua",
        fmt::format("local carrel = require 'carrel'\nlocal R = carrel.R\nlocal M = {{}}\n"
                    "function M.generate(client, parameters, progress, renderer_type, extra)\n"
                    "{}\nend\nreturn M\n",
                    body));
}

sdk::ReportEnd LuaTest::Run(render::Shape shape) {
  auto host = MakeLuaHost(limits);
  const Status warm = host->Warm();
  EXPECT_TRUE(warm) << warm.error().message;
  renderer = std::make_unique<RecordingRenderer>(shape);
  return host->Run(job, port, renderer.get());
}

std::string LuaTest::FailsWith(const std::string& kind, render::Shape shape) {
  const sdk::ReportEnd end = Run(shape);
  if (!end.failure) {
    ADD_FAILURE() << "the report did not fail";
    return "";
  }
  EXPECT_EQ(end.failure->kind, kind) << end.failure->message;
  EXPECT_EQ(end.failure->message.find("0x"), std::string::npos) << end.failure->message;
  EXPECT_EQ(renderer->finish_time, "");
  return end.failure->message;
}

std::string LuaTest::Cell(const std::string& expression) {
  WriteReport("return {{" + expression + "}}");
  const sdk::ReportEnd end = Run();
  if (end.failure) return end.failure->kind + ": " + end.failure->message;
  return renderer->rows.empty() ? "" : renderer->rows.front();
}

}  // namespace carrel::lua
