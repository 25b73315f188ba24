// Lua rows through the real renderers, to the byte.
#include <fcntl.h>
#include <gmock/gmock.h>

#include "tests/unit/lua/lua_fixture.h"

namespace carrel::lua {
namespace {

class RenderedTest : public LuaTest {
 protected:
  std::string Render(const std::string& type) {
    const auto path = dir.path() / ("out." + type);
    const UniqueFd output(open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    render::RendererOptions options;
    options.type = type;
    options.output_fd = output.get();
    auto writer = render::MakeRenderer(options);
    if (!writer) return "no renderer: " + writer.error().message;
    auto host = MakeLuaHost(limits);
    if (!host->Warm()) return "not warm";
    const auto end = host->Run(job, port, writer->get());
    if (end.failure) return end.failure->kind + ": " + end.failure->message;
    return *ReadFile(path);
  }
};

TEST_F(RenderedTest, CsvRowsAreQuotedCells) {
  WriteReport(
      "return {{'a\"b', 1, 2.5, nil, true, carrel.date('2024-02-29'), carrel.decimal('1.10'),\n"
      "  carrel.datetime('2020-01-01T00:00:00')}}");
  EXPECT_EQ(Render("csv"),
            "\"a\"\"b\";\"1\";\"2.5\";\"\";\"True\";\"2024-02-29\";\"1.10\";"
            "\"2020-01-01 00:00:00\"\r\n");
}

TEST_F(RenderedTest, JsonRowsAreAnArray) {
  WriteReport("return {{b = 1, a = 'x'}, {1, 2.0}}");
  EXPECT_EQ(Render("json"), R"([{"a":"x","b":1},[1,2.0]])");
  WriteReport("return {}");
  EXPECT_EQ(Render("json"), "[]");
}

}  // namespace
}  // namespace carrel::lua
