// The one row model between the language hosts, which fill it, and the renderers, which write it.
// Nothing is copied: text lives in the language's own objects for as long as the call lasts.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace carrel::render {

enum class CellKind : uint8_t {
  kNone,          // None, nil
  kBool,          // integer: 0 or 1
  kInteger,       // integer
  kBigInteger,    // text: decimal digits of an integer outside int64
  kFloat,         // number; NaN and infinities possible
  kDecimal,       // text: as the language prints it, e.g. "1.10", "1E+3", "NaN"
  kText,          // text: UTF-8 (a lone surrogate arrives as U+FFFD)
  kDate,          // micros: midnight of the day
  kTime,          // micros: since midnight
  kDateTime,      // micros: naive wall clock; with_zone: offset_minutes is its UTC offset
  kDuration,      // micros: signed length
  kLongDuration,  // number: days; text: as the language prints it. Beyond what micros can count
  kOther,         // text: str() of a value that is no cell; type_name says what it was
};

// Valid during the call that receives it.
struct Cell {
  CellKind kind = CellKind::kNone;
  bool with_zone = false;
  int16_t offset_minutes = 0;
  union {
    int64_t integer = 0;
    double number;
    int64_t micros;  // since 1970-01-01T00:00:00 wall clock for kDate and kDateTime
  };
  std::string_view text = {};
  std::string_view type_name = {};  // kOther only: "dict"
  // What str() gives when that is not what values of this kind look like (a subclass with a str()
  // of its own); null otherwise.
  std::string_view printed = {};
};

using Row = std::span<const Cell>;

}  // namespace carrel::render
