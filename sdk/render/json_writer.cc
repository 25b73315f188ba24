#include "sdk/render/json_writer.h"

#include <array>
#include <charconv>

#include "sdk/render/number_text.h"

namespace carrel::render {
namespace {

// 0: as it is; 'u': \u00xx; else the letter after the backslash.
constexpr std::array<char, 256> kEscapes = [] {
  std::array<char, 256> table{};
  for (size_t i = 0; i < 0x20; ++i) table[i] = 'u';
  table['\b'] = 'b';
  table['\f'] = 'f';
  table['\n'] = 'n';
  table['\r'] = 'r';
  table['\t'] = 't';
  table['"'] = '"';
  table['\\'] = '\\';
  return table;
}();

}  // namespace

void AppendJsonString(std::string& out, std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  out.push_back('"');
  size_t begin = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const char escape = kEscapes[byte];
    if (escape == 0) continue;
    out.append(text, begin, i - begin);
    begin = i + 1;
    out.push_back('\\');
    out.push_back(escape);
    if (escape != 'u') continue;
    out += "00";
    out.push_back(kHex[byte >> 4]);
    out.push_back(kHex[byte & 15]);
  }
  out.append(text, begin);
  out.push_back('"');
}

void JsonWriter::Separate() {
  if (comma_) out_.push_back(',');
  comma_ = true;
}

void JsonWriter::Literal(std::string_view text) {
  Separate();
  out_ += text;
}

void JsonWriter::Int(int64_t value) {
  char buffer[24];
  Literal({buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr});
}

void JsonWriter::Uint(uint64_t value) {
  char buffer[24];
  Literal({buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr});
}

void JsonWriter::Double(double value) {
  Separate();
  AppendJsonFloat(out_, value);
}

void JsonWriter::String(std::string_view text) {
  Separate();
  AppendJsonString(out_, text);
}

void JsonWriter::Key(std::string_view name) {
  Separate();
  AppendJsonString(out_, name);
  out_.push_back(':');
  comma_ = false;
}

void JsonWriter::Open(char bracket) {
  Separate();
  out_.push_back(bracket);
  comma_ = false;
}

void JsonWriter::Close(char bracket) {
  out_.push_back(bracket);
  comma_ = true;
}

void JsonWriter::Clear() {
  out_.clear();
  comma_ = false;
}

}  // namespace carrel::render
