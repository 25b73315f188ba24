#include "sdk/render/xlsx_cell.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "runtime/base/text.h"
#include "sdk/render/cell_text.h"
#include "sdk/render/number_text.h"
#include "sdk/render/time_text.h"

namespace carrel::render {
namespace {

enum ByteClass : uint8_t { kPlain, kEscape, kForbidden, kMultibyte };

constexpr std::array<uint8_t, 256> kClasses = [] {
  std::array<uint8_t, 256> table{};
  for (size_t i = 0; i < 0x20; ++i) table[i] = kForbidden;
  table['\t'] = table['\n'] = kPlain;
  table['\r'] = table['&'] = table['<'] = table['>'] = kEscape;
  for (size_t i = 0x80; i < 256; ++i) table[i] = kMultibyte;
  return table;
}();

constexpr std::string_view kErrorTexts[] = {"#NULL!", "#DIV/0!", "#VALUE!", "#REF!",
                                            "#NAME?", "#NUM!",   "#N/A"};

std::string_view EscapeOf(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    default:
      return "&#13;";
  }
}

// Beyond ASCII only two characters are forbidden: U+FFFE and U+FFFF.
Status CheckMultibyte(std::string_view text) {
  if (!IsUtf8(text)) return Fail(Code::kInvalid, "text is not UTF-8");
  for (size_t at = 0; (at = text.find("\xEF\xBF", at)) != std::string_view::npos; at += 2) {
    const auto last = static_cast<unsigned char>(text[at + 2]);
    if (last >= 0xBE) {
      return Fail(Code::kInvalid,
                  fmt::format("character U+FF{:02X} cannot be stored in xlsx", last + 0x40));
    }
  }
  return {};
}

bool IsHex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// Where readers would take "_x0041_" for an escape; npos when they would not.
size_t FindEscapeLike(std::string_view text, size_t from) {
  for (size_t at = from; (at = text.find("_x", at)) != std::string_view::npos; ++at) {
    if (at + 6 < text.size() && text[at + 6] == '_' &&
        std::ranges::all_of(text.substr(at + 2, 4), IsHex)) {
      return at;
    }
  }
  return std::string_view::npos;
}

bool NeedsPreserve(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; };
  return is_space(text.front()) || is_space(text.back()) ||
         text.find('\n') != std::string_view::npos;
}

// At most kMaxCellText UTF-16 units, no character cut in two.
std::string_view Shorten(std::string_view text) {
  if (text.size() <= kMaxCellText) return text;
  size_t units = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte & 0xC0) == 0x80) continue;
    units += byte >= 0xF0 ? 2 : 1;
    if (units > kMaxCellText) return text.substr(0, i);
  }
  return text;
}

void AppendUint(std::string& out, uint64_t value) {
  char buffer[24];
  out.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr);
}

// Decimal text as a double: infinite when it is too large, NaN when it is no number.
double ToDouble(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size()) return std::nan("");
  // Too large and too small are one error to from_chars.
  return error == std::errc() ? value : std::strtod(std::string(text).c_str(), nullptr);
}

bool HasDigit(std::string_view text) {
  return text.find_first_of("0123456789") != std::string_view::npos &&
         text.find_first_of("Nn") == std::string_view::npos;  // "NaN123"
}

}  // namespace

bool IsErrorText(std::string_view text) {
  return text.starts_with('#') && std::ranges::find(kErrorTexts, text) != std::end(kErrorTexts);
}

std::optional<CellPosition> ParseReference(std::string_view reference) {
  CellPosition at;
  size_t i = 0;
  for (; i < reference.size() && i < 4; ++i) {
    const char c = static_cast<char>(reference[i] & ~0x20);
    if (c < 'A' || c > 'Z') break;
    at.column = at.column * 26 + static_cast<uint32_t>(c - 'A' + 1);
  }
  const std::string_view digits = reference.substr(i);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), at.row);
  const bool whole = error == std::errc() && end == digits.data() + digits.size();
  if (i == 0 || at.column > kMaxSheetColumns || !whole) return std::nullopt;
  return at;
}

std::string ColumnName(uint32_t column) {
  std::string name;
  for (; column > 0; column = (column - 1) / 26) {
    name.insert(name.begin(), static_cast<char>('A' + (column - 1) % 26));
  }
  return name;
}

int64_t UnixDay(XlsxCellWriter::Epoch epoch) {
  return epoch == XlsxCellWriter::Epoch::k1900 ? 25'569 : 24'107;
}

double SerialOf(const Cell& cell, XlsxCellWriter::Epoch epoch) {
  constexpr auto kDay = static_cast<double>(kMicrosPerDay);
  if (cell.kind == CellKind::kLongDuration) return cell.number;
  if (cell.kind == CellKind::kDuration) return static_cast<double>(cell.micros) / kDay;
  const auto [unix_day, micros] = SplitDay(UtcMicros(cell));
  const double fraction = static_cast<double>(micros) / kDay;
  if (cell.kind == CellKind::kTime) return fraction;
  int64_t day = unix_day + UnixDay(epoch);
  // The 1900 system counts a 29 February 1900 that never was.
  if (epoch == XlsxCellWriter::Epoch::k1900 && day > 0 && day <= 60) --day;
  return static_cast<double>(day) + fraction;
}

CellTags::CellTags(std::string_view p)
    : open(fmt::format("<{}c r=\"", p)),
      close(fmt::format("</{}c>", p)),
      value_open(fmt::format("<{}v>", p)),
      value_close(fmt::format("</{}v></{}c>", p, p)),
      text_open(fmt::format(" t=\"inlineStr\"><{}is><{}t>", p, p)),
      text_open_preserve(fmt::format(" t=\"inlineStr\"><{}is><{}t xml:space=\"preserve\">", p, p)),
      text_close(fmt::format("</{}t></{}is></{}c>", p, p, p)),
      runs_open(fmt::format(" t=\"inlineStr\"><{}is>", p)),
      run_open(fmt::format("<{}r><{}t xml:space=\"preserve\">", p, p)),
      run_close(fmt::format("</{}t></{}r>", p, p)),
      runs_close(fmt::format("</{}is></{}c>", p, p)),
      no_result(fmt::format("><{}f>NA()</{}f></{}c>", p, p, p)) {}

Status AppendXmlText(std::string& out, std::string_view text) {
  size_t begin = 0;
  bool multibyte = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const uint8_t kind = kClasses[byte];
    if (kind == kPlain) continue;
    if (kind == kMultibyte) {
      multibyte = true;
      continue;
    }
    if (kind == kForbidden) {
      return Fail(Code::kInvalid,
                  fmt::format("control character U+{:04X} cannot be stored in xlsx", byte));
    }
    out.append(text, begin, i - begin);
    out += EscapeOf(text[i]);
    begin = i + 1;
  }
  out.append(text, begin);
  return multibyte ? CheckMultibyte(text) : Status();
}

void XlsxCellWriter::Open(std::string& out, std::string_view ref, uint32_t style) const {
  out += tags_.open;
  out += ref;
  out.push_back('"');
  if (style == 0) return;
  out += " s=\"";
  AppendUint(out, style);
  out.push_back('"');
}

void XlsxCellWriter::AppendBlank(std::string& out, std::string_view ref, uint32_t style) const {
  if (style == 0) return;
  Open(out, ref, style);
  out += "/>";
}

void XlsxCellWriter::AppendNumber(std::string& out, std::string_view ref, uint32_t style,
                                  double value) const {
  if (!std::isfinite(value)) return AppendBlank(out, ref, style);
  Open(out, ref, style);
  out.push_back('>');
  out += tags_.value_open;
  AppendShortest(out, value);
  out += tags_.value_close;
}

void XlsxCellWriter::AppendInteger(std::string& out, std::string_view ref, uint32_t style,
                                   int64_t value) const {
  // The nearest double, so that every reader sees the same number.
  if (value > kMaxExactInteger || value < -kMaxExactInteger) {
    return AppendNumber(out, ref, style, static_cast<double>(value));
  }
  Open(out, ref, style);
  out.push_back('>');
  out += tags_.value_open;
  render::AppendInteger(out, value);
  out += tags_.value_close;
}

Status XlsxCellWriter::AppendTime(std::string& out, std::string_view ref, uint32_t style,
                                  const Cell& cell) {
  const bool has_day = cell.kind == CellKind::kDate || cell.kind == CellKind::kDateTime;
  if (has_day && SplitDay(UtcMicros(cell)).day > kLastUnixDay) {
    return Fail(Code::kInvalid, "a time after the year 9999 in UTC cannot be stored in xlsx");
  }
  CARREL_ASSIGN_OR_RETURN(const uint32_t own, styles_.StyleForTime(style, cell.kind));
  AppendNumber(out, ref, own, SerialOf(cell, epoch_));
  return {};
}

// Readers that know the escape "_x0041_" decode it within one run of text, and others join the
// runs: cut behind its underscore it stays as it is for both.
void XlsxCellWriter::AppendRuns(std::string& out, std::string_view text, size_t literal) const {
  out += tags_.runs_open;
  size_t begin = 0;
  for (size_t at = literal;; at = FindEscapeLike(text, begin)) {
    const size_t end = at == std::string_view::npos ? text.size() : at + 1;
    out += tags_.run_open;
    // Already found to be valid by the caller.
    (void)AppendXmlText(out, text.substr(begin, end - begin));
    out += tags_.run_close;
    begin = end;
    if (at == std::string_view::npos) break;
  }
  out += tags_.runs_close;
}

void XlsxCellWriter::AppendError(std::string& out, std::string_view ref, uint32_t style,
                                 std::string_view error) {
  Open(out, ref, style);
  out += " t=\"e\">";
  out += tags_.value_open;
  out += error;
  out += tags_.value_close;
}

void XlsxCellWriter::AppendNoResult(std::string& out, std::string_view ref, uint32_t style) {
  Open(out, ref, style);
  out += tags_.no_result;
}

Status XlsxCellWriter::AppendPlainText(std::string& out, std::string_view ref, uint32_t style,
                                       std::string_view text) {
  Open(out, ref, style);
  if (text.empty()) {
    // As openpyxl writes it: a text cell, so that a reader can tell it from none.
    out += " t=\"inlineStr\"/>";
    return {};
  }
  text = Shorten(text);
  const size_t before = out.size();
  out += NeedsPreserve(text) ? tags_.text_open_preserve : tags_.text_open;
  CARREL_TRY(AppendXmlText(out, text));
  const size_t literal = FindEscapeLike(text, 0);
  if (literal == std::string_view::npos) {
    out += tags_.text_close;
  } else {
    out.resize(before);
    AppendRuns(out, text, literal);
  }
  return {};
}

Status XlsxCellWriter::Append(std::string& out, std::string_view ref, uint32_t style,
                              const Cell& cell) {
  switch (cell.kind) {
    case CellKind::kNone:
      AppendBlank(out, ref, style);
      break;
    case CellKind::kText: {
      const std::string_view text = cell.printed.data() ? cell.printed : cell.text;
      if (!IsErrorText(text)) return AppendPlainText(out, ref, style, text);
      AppendError(out, ref, style, text);
      break;
    }
    case CellKind::kFloat:
      AppendNumber(out, ref, style, cell.number);
      break;
    case CellKind::kBool:
      Open(out, ref, style);
      out += " t=\"b\">";
      out += tags_.value_open;
      out.push_back(cell.integer != 0 ? '1' : '0');
      out += tags_.value_close;
      break;
    case CellKind::kInteger:
      AppendInteger(out, ref, style, cell.integer);
      break;
    case CellKind::kBigInteger:
    case CellKind::kDecimal: {
      const double value = ToDouble(cell.text);
      if (std::isinf(value) && HasDigit(cell.text)) {
        return Fail(Code::kInvalid,
                    fmt::format("number of {} characters is too large for xlsx", cell.text.size()));
      }
      AppendNumber(out, ref, style, value);
      break;
    }
    case CellKind::kDate:
    case CellKind::kTime:
    case CellKind::kDateTime:
    case CellKind::kDuration:
    case CellKind::kLongDuration:
      return AppendTime(out, ref, style, cell);
    case CellKind::kOther:
      return Fail(Code::kInvalid, fmt::format("cannot convert {} to an xlsx cell", cell.type_name));
  }
  return {};
}

}  // namespace carrel::render
