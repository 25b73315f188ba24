// Times of usage records: texts and spreadsheet days become microseconds of UTC, exactly.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "runtime/usage/cell.h"

namespace carrel::usage {

enum class TimeFault {
  kNotATime,    // another format, a time zone other than UTC
  kNoSuchDay,   // 30 February, 29 February 1900
  kOutOfRange,  // before 1900, after 9999
};

// "2026-01-31", "2026-01-31 23:59:59[.123456]", "2026-01-31T23:59:59[.123456][Z|+00:00]", seconds
// left out or not; since 1970-01-01 00:00 UTC. Digits beyond microseconds must be zeros.
std::expected<int64_t, TimeFault> ParseTime(std::string_view text);

// A day of a workbook ("45292.5"), to the nearest millisecond, which is what a spreadsheet's number
// can tell. kNoSuchDay for day 60 of 1900.
std::expected<int64_t, TimeFault> ParseDayNumber(std::string_view text, Epoch epoch);

// "2026-01-31 23:59:59[.123456]".
std::string FormatTime(int64_t micros);

}  // namespace carrel::usage
