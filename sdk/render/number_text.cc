#include "sdk/render/number_text.h"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "sdk/render/raw_text.h"

namespace carrel::render {
namespace {

char* Put(char* to, std::string_view text) {
  std::memcpy(to, text.data(), text.size());
  return to + text.size();
}

char* PutZeros(char* to, size_t count) {
  std::memset(to, '0', count);
  return to + count;
}

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
char* PutFixed(char* to, const Digits& digits) {
  const std::string_view text = digits.view();
  if (digits.exponent < 0) {
    to = PutZeros(Put(to, "0."), static_cast<size_t>(-digits.exponent - 1));
    return Put(to, text);
  }
  const auto whole = static_cast<size_t>(digits.exponent) + 1;
  if (text.size() <= whole) return Put(PutZeros(Put(to, text), whole - text.size()), ".0");
  to = Put(to, text.substr(0, whole));
  *to++ = '.';
  return Put(to, text.substr(whole));
}

char* PutMantissa(char* to, const Digits& digits) {
  *to++ = digits.text[0];
  if (digits.count == 1) return to;
  *to++ = '.';
  return Put(to, digits.view().substr(1));
}

enum class Whole : uint8_t { kPlain, kWithPoint };  // "12" or "12.0"

// Numbers of few decimals, which most are, without the search for the shortest digits. If an
// integer of at most 15 digits, divided by a power of ten that a double holds exactly, gives the
// value, then its digits are a decimal of at most 15 digits that reads back as the value; there is
// only one such decimal, so without its last zeros it is the shortest one. Null when there is none.
char* PutDecimal(char* to, double magnitude, Whole whole) {
  constexpr double kScale = 1e6;
  if (!(magnitude < 1e9)) return nullptr;
  const double product = magnitude * kScale;
  auto scaled = static_cast<uint64_t>(product);
  if (product - static_cast<double>(scaled) >= 0.5) ++scaled;
  if (static_cast<double>(scaled) / kScale != magnitude) return nullptr;
  const uint64_t fraction = scaled % 1'000'000;
  to = std::to_chars(to, to + 10, scaled / 1'000'000).ptr;
  if (fraction == 0) return whole == Whole::kPlain ? to : Put(to, ".0");
  *to++ = '.';
  return WithoutZeros(PutDigits<6>(to, fraction));
}

template <char* (*kPut)(char*, double)>
void AppendWith(std::string& out, double value) {
  char buffer[kNumberRoom];
  out.append(buffer, kPut(buffer, value));
}

}  // namespace

char* PutPythonFloat(char* to, double value) {
  if (std::isnan(value)) return Put(to, "nan");
  if (std::signbit(value)) *to++ = '-';
  const double magnitude = std::fabs(value);
  if (magnitude >= 1e-4 || magnitude == 0) {
    if (char* const end = PutDecimal(to, magnitude, Whole::kWithPoint)) return end;
  }
  if (std::isinf(value)) return Put(to, "inf");
  const Digits digits = ShortestDigits(magnitude);
  if (digits.exponent >= -4 && digits.exponent < 16) return PutFixed(to, digits);
  to = Put(PutMantissa(to, digits), digits.exponent < 0 ? "e-" : "e+");
  if (std::abs(digits.exponent) < 10) *to++ = '0';
  return PutInteger(to, std::abs(digits.exponent));
}

char* PutJsonFloat(char* to, double value) {
  if (!std::isfinite(value)) return Put(to, "null");
  if (std::signbit(value)) *to++ = '-';
  const double magnitude = std::fabs(value);
  if (magnitude >= 1e-5 || magnitude == 0) {
    if (char* const end = PutDecimal(to, magnitude, Whole::kWithPoint)) return end;
  }
  const Digits digits = ShortestDigits(magnitude);
  if (digits.exponent >= -5 && digits.exponent < 16) return PutFixed(to, digits);
  to = Put(PutMantissa(to, digits), digits.exponent < 0 ? "e" : "e+");
  return PutInteger(to, digits.exponent);
}

char* PutShortest(char* to, double value) {
  char* const first = to;
  if (std::signbit(value)) *to++ = '-';
  if (char* const end = PutDecimal(to, std::fabs(value), Whole::kPlain)) return end;
  return std::to_chars(first, first + kNumberRoom, value).ptr;
}

char* PutInteger(char* to, int64_t value) { return std::to_chars(to, to + 20, value).ptr; }

void AppendPythonFloat(std::string& out, double value) { AppendWith<PutPythonFloat>(out, value); }
void AppendJsonFloat(std::string& out, double value) { AppendWith<PutJsonFloat>(out, value); }
void AppendShortest(std::string& out, double value) { AppendWith<PutShortest>(out, value); }

void AppendInteger(std::string& out, int64_t value) {
  char buffer[kNumberRoom];
  out.append(buffer, PutInteger(buffer, value));
}

}  // namespace carrel::render
