#include "sdk/render/csv_renderer.h"

#include <fmt/format.h>

#include <charconv>

#include "runtime/base/buffered_file.h"
#include "runtime/base/text.h"
#include "sdk/render/number_text.h"
#include "sdk/render/time_text.h"

namespace carrel::render {
namespace {

enum class Quoting : uint8_t { kAll, kMinimal };

class CsvRenderer final : public Renderer {
 public:
  CsvRenderer(int fd, std::string delimiter, Quoting quoting)
      : file_(fd),
        delimiter_(std::move(delimiter)),
        specials_(delimiter_ + "\"\r\n"),
        quoting_(quoting) {}

  Shape shape() const override { return Shape::kCells; }

  Status WriteRow(Row row) override {
    ++rows_;
    std::string& out = file_.buffer();
    for (size_t i = 0; i < row.size(); ++i) {
      if (i != 0) out += delimiter_;
      AppendField(out, row[i], row.size());
    }
    out += "\r\n";
    return file_.MaybeFlush();
  }

  Status Finish(std::string_view) override { return file_.Flush(); }

 private:
  void AppendField(std::string& out, const Cell& cell, size_t fields) {
    if (IsText(cell.kind)) return AppendText(out, cell.text, fields);
    if (quoting_ == Quoting::kAll) {
      // No value of these kinds contains a quote.
      out.push_back('"');
      AppendValue(out, cell);
      out.push_back('"');
      return;
    }
    scratch_.clear();
    AppendValue(scratch_, cell);
    AppendText(out, scratch_, fields);
  }

  // A lone empty field is quoted, so that its line is not an empty one.
  void AppendText(std::string& out, std::string_view text, size_t fields) {
    const bool plain = quoting_ == Quoting::kMinimal && !(text.empty() && fields == 1) &&
                       text.find_first_of(specials_) == std::string_view::npos;
    if (plain) {
      out += text;
      return;
    }
    out.push_back('"');
    for (size_t quote; (quote = text.find('"')) != std::string_view::npos;) {
      out += text.substr(0, quote + 1);
      out.push_back('"');
      text.remove_prefix(quote + 1);
    }
    out += text;
    out.push_back('"');
  }

  static bool IsText(CellKind kind) {
    return kind == CellKind::kText || kind == CellKind::kOther || kind == CellKind::kDecimal ||
           kind == CellKind::kBigInteger;
  }

  static void AppendValue(std::string& out, const Cell& cell) {
    switch (cell.kind) {
      case CellKind::kBool:
        out += cell.integer != 0 ? "True" : "False";
        break;
      case CellKind::kInteger: {
        char buffer[24];
        out.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, cell.integer).ptr);
        break;
      }
      case CellKind::kFloat:
        AppendPythonFloat(out, cell.number);
        break;
      case CellKind::kDate:
        AppendDate(out, cell.micros);
        break;
      case CellKind::kTime:
        AppendTime(out, cell);
        break;
      case CellKind::kDateTime:
        AppendDateTime(out, cell);
        break;
      case CellKind::kDuration:
        AppendDuration(out, cell.micros);
        break;
      case CellKind::kNone:
      case CellKind::kBigInteger:
      case CellKind::kDecimal:
      case CellKind::kText:
      case CellKind::kOther:
        break;
    }
  }

  BufferedFile file_;
  const std::string delimiter_;
  const std::string specials_;
  const Quoting quoting_;
  std::string scratch_;
};

Result<std::string> Delimiter(const Json& args) {
  if (!args.is_object() || !args.contains("delimiter")) return ";";
  std::string text = JsonString(args, "delimiter");
  const bool one = text.size() == 1 && (text[0] & 0x80) == 0;
  if (!one || text == "\"" || text == "\r" || text == "\n" || text[0] == '\0') {
    return Fail(Code::kInvalid,
                fmt::format("args.delimiter: expected one ASCII character that is neither a quote "
                            "nor a line end, found {}",
                            DumpJson(args["delimiter"])));
  }
  return text;
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
  CARREL_ASSIGN_OR_RETURN(std::string delimiter, Delimiter(options.args));
  CARREL_ASSIGN_OR_RETURN(const Quoting quoting, QuotingOf(options.args));
  return std::make_unique<CsvRenderer>(options.output_fd, std::move(delimiter), quoting);
}

}  // namespace carrel::render
