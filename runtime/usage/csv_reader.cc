#include "runtime/usage/csv_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "runtime/base/text.h"
#include "runtime/usage/byte_scan.h"
#include "runtime/usage/byte_window.h"
#include "runtime/usage/sheet_cells.h"

namespace carrel::usage {
namespace {

// The bytes that end a field, found 64 at a time.
class Marks {
 public:
  void SetDelimiter(char delimiter) { delimiter_ = delimiter; }
  void Start(const char* at) {
    block_ = at;
    mask_ = MaskOfAny(at, delimiter_, '\n', '\r', '\n');
  }
  // The next mark; at or behind `end` when there is none before it.
  const char* Next(const char* end) {
    while (mask_ == 0) {
      block_ += 64;
      if (block_ >= end) return end;
      mask_ = MaskOfAny(block_, delimiter_, '\n', '\r', '\n');
    }
    const char* mark = block_ + std::countr_zero(mask_);
    mask_ &= mask_ - 1;
    return mark;
  }

 private:
  char delimiter_ = ',';
  const char* block_ = nullptr;
  uint64_t mask_ = 0;
};

// The separator of the first line: what it has most of, quoted text aside.
char FindDelimiter(std::string_view text) {
  constexpr std::string_view kCandidates = ",;\t|";
  std::array<size_t, 4> count{};
  bool quoted = false;
  for (const char c : text) {
    if (c == '"') quoted = !quoted;
    if (quoted) continue;
    if (c == '\n' || c == '\r') break;
    const size_t which = kCandidates.find(c);
    if (which != kCandidates.npos) ++count[which];
  }
  return kCandidates[static_cast<size_t>(std::ranges::max_element(count) - count.begin())];
}

class CsvReader {
 public:
  CsvReader(ByteSource bytes, const CsvOptions& options, RowSink& sink)
      : window_(std::move(bytes), options.threads, Checked::kYes), options_(options), sink_(sink) {}

  Status Run() {
    const char* at = nullptr;
    for (bool more = true; more && window_.text().find('\n') == std::string_view::npos;) {
      CARREL_ASSIGN_OR_RETURN(more, window_.More(window_.begin()));
      if (window_.text().size() > options_.limits.max_row_bytes) break;
    }
    at = window_.begin();
    delimiter_ = options_.delimiter != 0 ? options_.delimiter : FindDelimiter(window_.text());
    marks_.SetDelimiter(delimiter_);
    if (at != nullptr) marks_.Start(at);
    for (;;) {
      CARREL_ASSIGN_OR_RETURN(const Step step, TakeRow(at));
      if (step == Step::kEnd) return {};
      if (step == Step::kRow) continue;
      if (static_cast<size_t>(window_.end() - at) > options_.limits.max_row_bytes) {
        return Fail(Code::kLimit, fmt::format("line {}: more than {}", line_,
                                              HumanBytes(options_.limits.max_row_bytes)));
      }
      CARREL_TRY(window_.More(at));
      at = window_.begin();
      marks_.Start(at);
    }
  }

 private:
  enum class Step { kRow, kMore, kEnd };
  enum class Field { kNext, kLast, kMore };

  std::unexpected<Error> Bad(std::string_view what) const {
    return Fail(Code::kInvalid, fmt::format("line {}: {}", line_ + lines_, what));
  }

  // One line, which may have line ends in quotes.
  Result<Step> TakeRow(const char*& at) {
    if (at == window_.end() && window_.at_end()) return Step::kEnd;
    cells_.Clear();
    arena_.Clear();
    lines_ = 0;
    const char* here = at;
    for (;;) {
      CARREL_ASSIGN_OR_RETURN(const Field field, TakeField(here));
      if (field == Field::kMore) return Step::kMore;
      if (cells_.size() > options_.limits.max_columns) {
        return Fail(Code::kLimit, fmt::format("line {}: more than {} columns", line_,
                                              options_.limits.max_columns));
      }
      if (field == Field::kLast) break;
    }
    if (window_.fault() != TextFault::kNone) CARREL_TRY(CheckText({at, here}));
    at = here;
    CARREL_TRY(Emit());
    line_ += lines_ + 1;
    return Step::kRow;
  }

  Status Emit() {
    const auto cells = cells_.cells();
    if (cells.size() == 1 && cells[0].kind == CellKind::kEmpty) return {};
    if (++rows_ > options_.limits.max_lines) {
      return Fail(Code::kLimit,
                  fmt::format("line {}: more than {} rows", line_, options_.limits.max_lines));
    }
    return sink_.OnRow({line_, cells});
  }

  void Put(std::string_view text) {
    Cell& cell = cells_.Put(cells_.size());
    cell.text = text;
    cell.kind = text.empty() ? CellKind::kEmpty : CellKind::kText;
    cell.date_style = false;
  }

  // From the first byte of a field to the first of the next.
  Result<Field> TakeField(const char*& at) {
    if (at < window_.end() && *at == '"') return TakeQuoted(at);
    const char* end = marks_.Next(window_.end());
    if (end >= window_.end()) {
      if (!window_.at_end()) return Field::kMore;
      end = window_.end();
    }
    Put({at, end});
    if (static_cast<size_t>(end - at) > options_.limits.max_cell_bytes) return TooLong();
    return EndField(at, end);
  }

  std::unexpected<Error> TooLong() const {
    return Fail(Code::kLimit, fmt::format("line {}, column {}: more than {}", line_ + lines_,
                                          ColumnName(cells_.size() - 1),
                                          HumanBytes(options_.limits.max_cell_bytes)));
  }

  // `end` is at the delimiter or line end.
  Field EndField(const char*& at, const char* end) {
    at = end;
    if (end == window_.end()) return Field::kLast;
    ++at;
    if (*end == delimiter_) return Field::kNext;
    if (*end == '\n') return Field::kLast;
    if (at == window_.end() && !window_.at_end()) return Field::kMore;
    if (at < window_.end() && *at == '\n') {
      ++at;
      marks_.Next(window_.end());
    }
    return Field::kLast;
  }

  Result<Field> TakeQuoted(const char*& at) {
    const char* const begin = at + 1;
    bool doubled = false;
    const char* close = begin;
    for (;;) {
      close = static_cast<const char*>(
          std::memchr(close, '"', static_cast<size_t>(window_.end() - close)));
      if (close == nullptr || close + 1 == window_.end()) {
        if (!window_.at_end()) return Field::kMore;
        if (close == nullptr) return Bad("a quote that is never closed");
        break;
      }
      if (close[1] != '"') break;
      doubled = true;
      close += 2;
    }
    std::string_view text(begin, close);
    if (text.size() > options_.limits.max_cell_bytes) return TooLong();
    CountLines(text);
    const char* behind = close + 1;
    const bool ends =
        behind == window_.end() || *behind == delimiter_ || *behind == '\n' || *behind == '\r';
    if (!ends) return Bad("text behind a closing quote");
    if (doubled) text = Undouble(text);
    Put(text);
    marks_.Start(behind);
    if (behind < window_.end()) marks_.Next(window_.end());
    return EndField(at, behind);
  }

  void CountLines(std::string_view text) {
    for (size_t at = 0; (at = text.find_first_of("\r\n", at)) != text.npos; ++at) {
      ++lines_;
      if (text[at] == '\r' && at + 1 < text.size() && text[at + 1] == '\n') ++at;
    }
  }

  std::string_view Undouble(std::string_view text) {
    char* const begin = arena_.Take(text.size());
    char* out = begin;
    for (size_t at = 0; at < text.size(); ++at) {
      *out++ = text[at];
      if (text[at] == '"') ++at;
    }
    return arena_.Give(begin, static_cast<size_t>(out - begin));
  }

  // Somewhere near here is something that is no text.
  Status CheckText(std::string_view text) {
    TextCheck check;
    const TextFault fault = check.Check(text);
    if (fault == TextFault::kControl) return Bad("a control character");
    if (fault != TextFault::kNone || check.Unfinished()) return Bad("it is not UTF-8");
    return {};
  }

  ByteWindow window_;
  const CsvOptions& options_;
  RowSink& sink_;
  char delimiter_ = ',';
  Marks marks_;
  RowBuilder cells_;
  TextArena arena_;
  uint32_t line_ = 1;   // on which the row begins
  uint32_t lines_ = 0;  // line ends in its quotes
  uint64_t rows_ = 0;
};

}  // namespace

Status ReadCsv(const std::filesystem::path& path, const CsvOptions& options, RowSink& sink) {
  CARREL_ASSIGN_OR_RETURN(ByteSource bytes,
                          OpenCsv(path, options.encoding, options.limits.max_inflated));
  return CsvReader(std::move(bytes), options, sink).Run();
}

}  // namespace carrel::usage
