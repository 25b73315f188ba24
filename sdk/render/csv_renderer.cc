#include "sdk/render/csv_renderer.h"

#include <fmt/format.h>

#include "runtime/base/text.h"
#include "sdk/render/number_text.h"
#include "sdk/render/output_file.h"
#include "sdk/render/raw_text.h"
#include "sdk/render/time_text.h"

namespace carrel::render {
namespace {

enum class Quoting : uint8_t { kAll, kMinimal };

// Quotes, delimiter and the longest value that is no text, with what wide stores write beyond.
constexpr size_t kFieldRoom = 64;
static_assert(kFieldRoom >= kNumberRoom + 8 && kFieldRoom >= kTimeRoom + 8);

// A number or a time whose type has a str() of its own.
bool PrintsItself(const Cell& cell) {
  return cell.printed.data() != nullptr && cell.kind != CellKind::kText;
}

bool IsText(const Cell& cell) {
  const CellKind kind = cell.kind;
  return kind == CellKind::kText || kind == CellKind::kOther || kind == CellKind::kDecimal ||
         kind == CellKind::kBigInteger || PrintsItself(cell);
}

std::string_view TextOf(const Cell& cell) { return PrintsItself(cell) ? cell.printed : cell.text; }

// Of the kinds that are no text: none of their values contains a quote or a line end.
char* PutValue(char* to, const Cell& cell) {
  switch (cell.kind) {
    case CellKind::kBool: {
      const std::string_view text = cell.integer != 0 ? "True" : "False";
      return to + text.copy(to, text.size());
    }
    case CellKind::kInteger:
      return PutInteger(to, cell.integer);
    case CellKind::kFloat:
      return PutPythonFloat(to, cell.number);
    case CellKind::kDate:
      return PutDate(to, cell.micros);
    case CellKind::kTime:
      return PutTime(to, cell);
    case CellKind::kDateTime:
      return PutDateTime(to, cell);
    case CellKind::kDuration:
      return PutDuration(to, cell.micros);
    case CellKind::kNone:
    case CellKind::kBigInteger:
    case CellKind::kDecimal:
    case CellKind::kText:
    case CellKind::kOther:
      break;
  }
  return to;
}

class CsvRenderer final : public Renderer {
 public:
  CsvRenderer(const RendererOptions& options, char delimiter, Quoting quoting)
      : file_(options.output_fd, options.threading), delimiter_(delimiter), quoting_(quoting) {}

  Shape shape() const override { return Shape::kCells; }

  Status WriteRow(Row row) override {
    ++rows_;
    size_t room = 2;
    for (const Cell& cell : row) room += kFieldRoom + 2 * TextOf(cell).size();
    std::string& out = file_.buffer();
    out.resize_and_overwrite(out.size() + room, [&, before = out.size()](char* data, size_t) {
      return static_cast<size_t>(PutRow(data + before, row) - data);
    });
    return file_.MaybeFlush();
  }

  Status Finish(std::string_view) override { return file_.Finish(); }
  std::string_view sha256() const override { return file_.sha256(); }

 private:
  char* PutRow(char* to, Row row) const {
    for (size_t i = 0; i < row.size(); ++i) {
      if (i != 0) *to++ = delimiter_;
      to = quoting_ == Quoting::kAll ? PutQuoted(to, row[i]) : PutMinimal(to, row[i], row.size());
    }
    *to++ = '\r';
    *to++ = '\n';
    return to;
  }

  static char* PutQuoted(char* to, const Cell& cell) {
    *to++ = '"';
    if (!IsText(cell)) {
      to = PutValue(to, cell);
    } else if (CopyPlain(to, TextOf(cell), [](Bytes16 bytes) { return bytes == '"'; })) {
      to += TextOf(cell).size();
    } else {
      for (const char c : TextOf(cell)) {
        if (c == '"') *to++ = '"';
        *to++ = c;
      }
    }
    *to++ = '"';
    return to;
  }

  // Quoted only when it must be. A lone empty field is, so that its line is not an empty one.
  char* PutMinimal(char* to, const Cell& cell, size_t fields) const {
    const bool is_text = IsText(cell);
    char* const end = is_text ? to + TextOf(cell).size() : PutValue(to, cell);
    if (is_text && fields == 1 && TextOf(cell).empty()) return PutQuoted(to, cell);
    if (cell.kind == CellKind::kNone) return fields == 1 ? PutQuoted(to, cell) : to;
    const char delimiter = delimiter_;
    const auto special = [delimiter](Bytes16 bytes) {
      return (bytes == '"') | (bytes == delimiter) | (bytes == '\r') | (bytes == '\n');
    };
    if (is_text) return CopyPlain(to, TextOf(cell), special) ? end : PutQuoted(to, cell);
    const std::string_view value(to, static_cast<size_t>(end - to));
    return value.find(delimiter) == std::string_view::npos ? end : PutQuoted(to, cell);
  }

  OutputFile file_;
  const char delimiter_;
  const Quoting quoting_;
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
