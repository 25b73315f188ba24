#include "sdk/render/csv_renderer.h"

#include <fmt/format.h>

#include "sdk/render/csv_row.h"
#include "sdk/render/output_file.h"

namespace carrel::render {
namespace {

class CsvRenderer final : public Renderer {
 public:
  CsvRenderer(const RendererOptions& options, char delimiter, Quoting quoting)
      : file_(options.output_fd, options.threading), csv_(delimiter, quoting) {}

  Shape shape() const override { return Shape::kCells; }

  Status WriteRow(Row row) override {
    ++rows_;
    csv_.Append(file_.buffer(), row);
    return file_.MaybeFlush();
  }

  Status Finish(std::string_view) override { return file_.Finish(); }
  std::string_view sha256() const override { return file_.sha256(); }

 private:
  OutputFile file_;
  const CsvRowWriter csv_;
};

Result<char> Delimiter(const Json& args) {
  if (!args.is_object() || !args.contains("delimiter")) return ';';
  const std::string text = JsonString(args, "delimiter");
  const bool one = text.size() == 1 && (text[0] & 0x80) == 0;
  if (!one || text == "\"" || text == "\r" || text == "\n" || text[0] == '\0') {
    return Fail(Code::kInvalid,
                fmt::format("args.delimiter: expected one ASCII character that is neither a quote "
                            "nor a line end, found {}",
                            DumpJson(args["delimiter"])));
  }
  return text[0];
}

Result<Quoting> QuotingOf(const Json& args) {
  if (!args.is_object() || !args.contains("quoting")) return Quoting::kAll;
  const std::string text = JsonString(args, "quoting");
  if (text == "all") return Quoting::kAll;
  if (text == "minimal") return Quoting::kMinimal;
  return Fail(Code::kInvalid, fmt::format("args.quoting: expected \"all\" or \"minimal\", found {}",
                                          DumpJson(args["quoting"])));
}

}  // namespace

Result<std::unique_ptr<Renderer>> MakeCsvRenderer(const RendererOptions& options) {
  CARREL_ASSIGN_OR_RETURN(const char delimiter, Delimiter(options.args));
  CARREL_ASSIGN_OR_RETURN(const Quoting quoting, QuotingOf(options.args));
  return std::make_unique<CsvRenderer>(options, delimiter, quoting);
}

}  // namespace carrel::render
