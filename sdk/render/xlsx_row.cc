#include "sdk/render/xlsx_row.h"

#include <fmt/format.h>

#include <cmath>

#include "runtime/base/text.h"
#include "sdk/render/cell_text.h"
#include "sdk/render/number_text.h"
#include "sdk/render/time_text.h"

namespace carrel::render {
namespace {

// Reference, tags and number of a cell, with what wide stores write beyond them.
constexpr size_t kCellRoom = 256;
// "&#13;" is the longest that becomes of a byte.
constexpr size_t kByteRoom = 5;
// Days up to 1900-02-28 need the care of XlsxCellWriter.
constexpr int64_t kFirstPlainDay = 61;

// All but what can stand in an element as it is: controls, bytes beyond ASCII, markup, and the
// underscore, which may begin something that readers take for an escape.
constexpr auto kSpecialInXml = [](Bytes16 bytes) {
  return (bytes < 0x20) | (bytes == '&') | ((bytes & ~2) == '<') | (bytes == '_');
};

// The text with its markup escaped; null for what XlsxCellWriter has to look at.
char* PutEscaped(char* to, std::string_view text) {
  bool multibyte = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    std::string_view escape;
    switch (c) {
      case '&':
        escape = "&amp;";
        break;
      case '<':
        escape = "&lt;";
        break;
      case '>':
        escape = "&gt;";
        break;
      case '_':
        if (i + 1 < text.size() && text[i + 1] == 'x') return nullptr;
        break;
      default:
        if (c >= 0 && c < 0x20) return nullptr;
        multibyte |= c < 0;
    }
    if (escape.empty()) {
      *to++ = c;
    } else {
      to += escape.copy(to, escape.size());
    }
  }
  // U+FFFE and U+FFFF begin with these bytes, and others do that are rare.
  if (multibyte && (text.find("\xEF\xBF") != std::string_view::npos || !IsUtf8(text))) {
    return nullptr;
  }
  return to;
}

}  // namespace

XlsxRowWriter::XlsxRowWriter(std::string_view prefix, uint32_t first_column,
                             XlsxCellWriter::Epoch epoch, XlsxStyles& styles)
    : open_(fmt::format("<{}c r=\"", prefix)),
      first_column_(first_column),
      unix_day_(UnixDay(epoch)),
      styles_(styles) {
  const CellTags tags(prefix);
  usable_ = open_.size() + 3 <= 16 && number_.Set("\">" + tags.value_open) &&
            text_.Set("\"" + tags.text_open) &&
            text_preserve_.Set("\"" + tags.text_open_preserve) &&
            text_close_.Set(tags.text_close) && value_close_.Set(tags.value_close);
}

void XlsxRowWriter::AddColumns(size_t count) {
  while (columns_.size() < count) {
    const auto column = first_column_ + static_cast<uint32_t>(columns_.size());
    usable_ &= columns_.emplace_back().Set(open_ + ColumnName(column));
  }
}

size_t XlsxRowWriter::Append(std::string& out, std::string_view number, Row row, size_t begin) {
  AddColumns(row.size());
  if (!usable_) return begin;
  char digits[8] = {};
  number.copy(digits, sizeof digits);
  size_t room = 0;
  for (const Cell& cell : row.subspan(begin)) {
    room += kCellRoom + kByteRoom * std::min(cell.text.size(), kMaxCellText);
  }
  size_t next = begin;
  out.resize_and_overwrite(out.size() + room, [&, before = out.size()](char* data, size_t) {
    char* end = data + before;
    for (; next < row.size(); ++next) {
      if (row[next].kind == CellKind::kNone) continue;
      char* const at = columns_[next].Put(end);
      std::memcpy(at, digits, sizeof digits);
      char* const cell_end = PutCell(at + number.size(), row[next]);
      if (cell_end == nullptr) break;
      end = cell_end;
    }
    return static_cast<size_t>(end - data);
  });
  if (next == row.size()) return next;
  // The style of a date is made when it is first needed.
  const CellKind kind = row[next].kind;
  Piece<kShortTail>* const tail =
      kind == CellKind::kDate ? &date_ : (kind == CellKind::kDateTime ? &date_time_ : nullptr);
  if (tail != nullptr && tail->empty()) {
    // Without one the cell goes another way, which says why.
    if (const auto style = styles_.StyleForTime(0, kind)) {
      tail->Set(fmt::format("\" s=\"{}{}", *style, number_.view()));
    }
  }
  return next;
}

char* XlsxRowWriter::PutCell(char* to, const Cell& cell) const {
  switch (cell.kind) {
    case CellKind::kText:
      return cell.printed.data() == nullptr ? PutText(to, cell.text) : nullptr;
    case CellKind::kFloat:
      return PutNumber(to, cell.number);
    case CellKind::kInteger:
      if (cell.integer > kMaxExactInteger || cell.integer < -kMaxExactInteger) return nullptr;
      return value_close_.Put(PutInteger(number_.Put(to), cell.integer));
    case CellKind::kDate:
    case CellKind::kDateTime:
      return PutSerial(to, cell);
    default:
      return nullptr;
  }
}

char* XlsxRowWriter::PutNumber(char* to, double value) const {
  if (!std::isfinite(value)) return nullptr;
  return value_close_.Put(PutShortest(number_.Put(to), value));
}

char* XlsxRowWriter::PutText(char* to, std::string_view text) const {
  if (text.empty() || text[0] == '#' || text.size() > kMaxCellText) return nullptr;
  to = text[0] == ' ' || text.back() == ' ' ? text_preserve_.Put(to) : text_.Put(to);
  char* const end = CopyPlain(to, text, kSpecialInXml) ? to + text.size() : PutEscaped(to, text);
  return end == nullptr ? nullptr : text_close_.Put(end);
}

char* XlsxRowWriter::PutSerial(char* to, const Cell& cell) const {
  const Piece<kShortTail>& tail = cell.kind == CellKind::kDate ? date_ : date_time_;
  if (tail.empty()) return nullptr;
  const auto [unix_day, micros] = SplitDay(UtcMicros(cell));
  const int64_t day = unix_day + unix_day_;
  if (day < kFirstPlainDay || unix_day > kLastUnixDay) return nullptr;
  to = PutInteger(tail.Put(to), day);
  if (micros != 0) {
    // 12 decimals of a day, rounded: 10^12 / (86,400 * 10^6) is 625 / 54. That is closer than the
    // doubles at this place, which are 0.6 microseconds apart.
    *to++ = '.';
    to = WithoutZeros(PutDigits<12>(to, static_cast<uint64_t>(micros * 625 + 27) / 54));
  }
  return value_close_.Put(to);
}

}  // namespace carrel::render
