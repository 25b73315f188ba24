#include "runtime/template/fault_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <pugixml.hpp>
#include <set>
#include <sstream>

#include "runtime/base/text.h"
#include "runtime/template/json_document.h"

namespace carrel::manifest {
namespace {

constexpr int kTabWidth = 4;
constexpr int kBefore = 60;  // columns shown left of the caret
constexpr int kWindow = 96;  // columns shown in all

struct Palette {
  std::string_view bold, error, warning, caret, reset;
};
constexpr Palette kPlain{};
constexpr Palette kColours{"\x1b[1m", "\x1b[1;31m", "\x1b[1;35m", "\x1b[1;32m", "\x1b[0m"};

struct CodePoint {
  char32_t value = 0;
  size_t length = 1;
};

// `text` is valid UTF-8 and `pos` at the start of a character.
CodePoint Decode(std::string_view text, size_t pos) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[pos + i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  char32_t value = lead & (0xFFU >> (length + 1));
  for (size_t i = 1; i < length; ++i) value = (value << 6) | (byte(i) & 0x3FU);
  return {value, length};
}

struct Range {
  char32_t first, last;
};

bool In(std::span<const Range> ranges, char32_t c) {
  return std::ranges::any_of(ranges, [c](Range r) { return c >= r.first && c <= r.last; });
}

// Characters that take no column of their own: combining marks and joiners.
constexpr std::array kZeroWidth = {
    Range{0x300, 0x36F},   Range{0x483, 0x489},   Range{0x591, 0x5BD},   Range{0x610, 0x61A},
    Range{0x64B, 0x65F},   Range{0x1AB0, 0x1AFF}, Range{0x1DC0, 0x1DFF}, Range{0x200B, 0x200D},
    Range{0x20D0, 0x20FF}, Range{0xFE00, 0xFE0F}, Range{0xFE20, 0xFE2F}};
// East Asian wide and emoji: two columns.
constexpr std::array kWide = {
    Range{0x1100, 0x115F},   Range{0x2E80, 0x303E},   Range{0x3041, 0xA4CF},
    Range{0xAC00, 0xD7A3},   Range{0xF900, 0xFAFF},   Range{0xFE30, 0xFE6F},
    Range{0xFF00, 0xFF60},   Range{0xFFE0, 0xFFE6},   Range{0x1F300, 0x1F64F},
    Range{0x1F680, 0x1F6FF}, Range{0x1F900, 0x1F9FF}, Range{0x20000, 0x3FFFD}};
// Characters that reorder or hide what follows; a terminal must not see them.
constexpr std::array kUnsafe = {Range{0x00, 0x1F},     Range{0x7F, 0x9F},     Range{0x61C, 0x61C},
                                Range{0x200E, 0x200F}, Range{0x2028, 0x202E}, Range{0x2066, 0x2069},
                                Range{0xFEFF, 0xFEFF}};

// One line as a terminal shows it: where each character stands and what is printed for it.
struct Cell {
  std::string text;
  int width = 1;
};

Cell CellOf(std::string_view text, size_t pos, CodePoint c, int column) {
  if (c.value == '\t') {
    const int width = kTabWidth - column % kTabWidth;
    return {std::string(static_cast<size_t>(width), ' '), width};
  }
  if (In(kUnsafe, c.value)) {
    std::string escape = c.value < 0x100 ? fmt::format("\\x{:02x}", static_cast<unsigned>(c.value))
                                         : fmt::format("\\u{:04x}", static_cast<unsigned>(c.value));
    const int width = static_cast<int>(escape.size());
    return {std::move(escape), width};
  }
  return {std::string(text.substr(pos, c.length)), In(kZeroWidth, c.value) ? 0
                                                   : In(kWide, c.value)    ? 2
                                                                           : 1};
}

// `text` made safe for one line of a terminal.
std::string OneLine(std::string_view bytes) {
  const std::string text = ToUtf8(bytes);
  std::string out;
  for (size_t pos = 0; pos < text.size();) {
    const CodePoint c = Decode(text, pos);
    out += c.value == '\t' ? std::string("\\t") : CellOf(text, pos, c, 0).text;
    pos += c.length;
  }
  return out;
}

// The byte offset and count of the characters shown around character `column` (from 1).
struct Excerpt {
  std::string shown;
  int caret = 0;  // columns left of the caret
};

Excerpt CutLine(std::string_view line, int column) {
  // Characters have at most a few columns each, so a window in characters bounds the output.
  const int first = column > kBefore ? column - kBefore : 1;
  size_t pos = 0;
  for (int at = 1; at < first && pos < line.size(); ++at) pos += Decode(line, pos).length;
  Excerpt excerpt;
  int width = 0;
  if (first > 1) {
    excerpt.shown = "...";
    width = 3;
  }
  int at = first;
  for (; pos < line.size() && (width < kWindow || at <= column); ++at) {
    if (at == column) excerpt.caret = width;
    const CodePoint c = Decode(line, pos);
    const Cell cell = CellOf(line, pos, c, width);
    excerpt.shown += cell.text;
    width += cell.width;
    pos += c.length;
  }
  if (at <= column) excerpt.caret = width;  // just past the end of the line
  if (pos < line.size()) excerpt.shown += "...";
  return excerpt;
}

std::string Header(const Fault& fault, const Palette& palette) {
  std::string where = OneLine(fault.place.file);
  if (fault.place.line > 0) where += fmt::format(":{}", fault.place.line);
  if (fault.place.line > 0 && fault.place.column > 0) {
    where += fmt::format(":{}", fault.place.column);
  }
  const std::string_view tint =
      fault.severity == Severity::kError ? palette.error : palette.warning;
  std::string out =
      fmt::format("{}{}:{} {}{}:{} {}", palette.bold, where, palette.reset, tint,
                  SeverityName(fault.severity), palette.reset, OneLine(fault.message));
  const bool names_place = !fault.place.path.empty() && fault.place.path != "$";
  if (names_place) out += fmt::format(" [{}]", OneLine(fault.place.path));
  return out + "\n";
}

Json FaultToJson(const Fault& fault) {
  Json json = {{"severity", SeverityName(fault.severity)},
               {"rule", fault.rule},
               {"file", fault.place.file},
               {"message", fault.message}};
  if (fault.place.line > 0) json["line"] = fault.place.line;
  if (fault.place.column > 0) json["column"] = fault.place.column;
  if (!fault.place.path.empty()) json["path"] = fault.place.path;
  if (!fault.found.empty()) json["found"] = fault.found;
  if (!fault.expected.empty()) json["expected"] = fault.expected;
  if (!fault.near_miss.empty()) json["near_miss"] = fault.near_miss;
  return json;
}

// A relative URI reference: all but unreserved characters and '/' percent-encoded.
std::string UriOf(std::string_view path) {
  std::string uri;
  for (const char c : path) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("/-._~").contains(c);
    uri += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return uri;
}

Json SarifResult(const Fault& fault) {
  Json location = {{"artifactLocation", {{"uri", UriOf(fault.place.file)}}}};
  if (fault.place.line > 0) {
    location["region"] = {{"startLine", fault.place.line},
                          {"startColumn", std::max(fault.place.column, 1)}};
  }
  Json result = {{"ruleId", fault.rule},
                 {"level", SeverityName(fault.severity)},
                 {"message", {{"text", fault.message}}}};
  result["locations"] = Json::array({Json{{"physicalLocation", std::move(location)}}});
  if (!fault.place.path.empty()) result["properties"] = {{"path", fault.place.path}};
  return result;
}

}  // namespace

std::string FaultsToText(std::span<const Fault> faults, const SourceLookup& sources,
                         Colour colour) {
  const Palette& palette = colour == Colour::kOn ? kColours : kPlain;
  std::map<std::string, std::optional<SourceText>> files;
  std::string out;
  for (const Fault& fault : faults) {
    out += Header(fault, palette);
    if (fault.place.line <= 0 || !sources) continue;
    auto [file, added] = files.try_emplace(fault.place.file);
    if (added) {
      if (auto text = sources(fault.place.file)) file->second.emplace(ToUtf8(*text));
    }
    if (!file->second || fault.place.line > file->second->line_count()) continue;
    const Excerpt excerpt =
        CutLine(file->second->Line(fault.place.line), std::max(fault.place.column, 1));
    const std::string number = fmt::format("{:>5}", fault.place.line);
    out += fmt::format("{} | {}\n", number, excerpt.shown);
    out += fmt::format("{:{}} | {:{}}{}^{}\n", "", number.size(), "", excerpt.caret, palette.caret,
                       palette.reset);
  }
  return out;
}

Json FaultsToJson(std::span<const Fault> faults) {
  Json list = Json::array();
  for (const Fault& fault : faults) list.push_back(FaultToJson(fault));
  const auto errors = std::ranges::count(faults, Severity::kError, &Fault::severity);
  return {{"ok", errors == 0},
          {"errors", errors},
          {"warnings", static_cast<std::ptrdiff_t>(faults.size()) - errors},
          {"faults", std::move(list)}};
}

Json FaultsToSarif(std::span<const Fault> faults) {
  std::set<std::string> ids;
  Json results = Json::array();
  for (const Fault& fault : faults) {
    ids.insert(fault.rule);
    results.push_back(SarifResult(fault));
  }
  Json rules = Json::array();
  for (const std::string& id : ids) rules.push_back({{"id", id}});
  Json run;
  run["tool"]["driver"] = {{"name", "carrel"}, {"rules", std::move(rules)}};
  run["columnKind"] = "unicodeCodePoints";
  run["results"] = std::move(results);
  Json sarif;
  sarif["$schema"] = "https://json.schemastore.org/sarif-2.1.0.json";
  sarif["version"] = "2.1.0";
  sarif["runs"] = Json::array({std::move(run)});
  return sarif;
}

std::string FaultsToJunit(std::span<const Fault> faults) {
  pugi::xml_document document;
  pugi::xml_node suite = document.append_child("testsuites").append_child("testsuite");
  const auto errors = std::ranges::count(faults, Severity::kError, &Fault::severity);
  suite.append_attribute("name").set_value("carrel validate");
  suite.append_attribute("tests").set_value(
      static_cast<unsigned long long>(std::max<size_t>(faults.size(), 1)));
  suite.append_attribute("failures").set_value(static_cast<long long>(errors));
  for (const Fault& fault : faults) {
    pugi::xml_node test = suite.append_child("testcase");
    test.append_attribute("classname").set_value(OneLine(fault.place.file).c_str());
    const std::string& name = fault.place.path.empty() ? fault.rule : fault.place.path;
    test.append_attribute("name").set_value(OneLine(name).c_str());
    const std::string text = Header(fault, kPlain);
    if (fault.severity == Severity::kError) {
      pugi::xml_node failure = test.append_child("failure");
      failure.append_attribute("type").set_value(fault.rule.c_str());
      failure.append_attribute("message").set_value(OneLine(fault.message).c_str());
      failure.text().set(text.c_str());
    } else {
      test.append_child("system-out").text().set(text.c_str());
    }
  }
  if (faults.empty()) {
    pugi::xml_node test = suite.append_child("testcase");
    test.append_attribute("classname").set_value("reports.json");
    test.append_attribute("name").set_value("valid");
  }
  std::ostringstream out;
  document.save(out, "  ");
  return out.str();
}

}  // namespace carrel::manifest
