#include "sdk/render/number_text.h"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <string_view>

namespace carrel::render {
namespace {

// value = digits[0].digits[1...] * 10^exponent
struct Digits {
  char text[24];
  size_t count = 0;
  int exponent = 0;
  std::string_view view() const { return {text, count}; }
};

Digits ShortestDigits(double magnitude) {
  char buffer[40];
  const auto end =
      std::to_chars(buffer, buffer + sizeof buffer, magnitude, std::chars_format::scientific).ptr;
  Digits digits;
  const char* p = buffer;
  for (; p != end && *p != 'e'; ++p) {
    if (*p != '.') digits.text[digits.count++] = *p;
  }
  ++p;
  if (*p == '+') ++p;
  std::from_chars(p, end, digits.exponent);
  return digits;
}

// Always with a point: "120.0", "0.0012".
void AppendFixed(std::string& out, const Digits& digits) {
  const std::string_view text = digits.view();
  if (digits.exponent < 0) {
    out += "0.";
    out.append(static_cast<size_t>(-digits.exponent - 1), '0');
    out += text;
    return;
  }
  const auto whole = static_cast<size_t>(digits.exponent) + 1;
  if (text.size() <= whole) {
    out += text;
    out.append(whole - text.size(), '0');
    out += ".0";
    return;
  }
  out += text.substr(0, whole);
  out.push_back('.');
  out += text.substr(whole);
}

void AppendMantissa(std::string& out, const Digits& digits) {
  out.push_back(digits.text[0]);
  if (digits.count == 1) return;
  out.push_back('.');
  out += digits.view().substr(1);
}

void AppendInt(std::string& out, int value) {
  char buffer[12];
  out.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr);
}

}  // namespace

void AppendPythonFloat(std::string& out, double value) {
  if (std::isnan(value)) {
    out += "nan";
    return;
  }
  if (std::signbit(value)) out.push_back('-');
  if (std::isinf(value)) {
    out += "inf";
    return;
  }
  const Digits digits = ShortestDigits(std::fabs(value));
  if (digits.exponent >= -4 && digits.exponent < 16) return AppendFixed(out, digits);
  AppendMantissa(out, digits);
  out += digits.exponent < 0 ? "e-" : "e+";
  if (std::abs(digits.exponent) < 10) out.push_back('0');
  AppendInt(out, std::abs(digits.exponent));
}

void AppendJsonFloat(std::string& out, double value) {
  if (!std::isfinite(value)) {
    out += "null";
    return;
  }
  if (std::signbit(value)) out.push_back('-');
  const Digits digits = ShortestDigits(std::fabs(value));
  if (digits.exponent >= -5 && digits.exponent < 16) return AppendFixed(out, digits);
  AppendMantissa(out, digits);
  out += digits.exponent < 0 ? "e" : "e+";
  AppendInt(out, digits.exponent);
}

void AppendShortest(std::string& out, double value) {
  char buffer[32];
  out.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr);
}

}  // namespace carrel::render
