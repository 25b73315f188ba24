// Dates, times and durations as Python's str() prints them.
#pragma once

#include <cstdint>
#include <string>

#include "sdk/render/cell.h"

namespace carrel::render {

inline constexpr int64_t kMicrosPerSecond = 1'000'000;
inline constexpr int64_t kMicrosPerDay = 86'400 * kMicrosPerSecond;

// Floor division: the days since 1970-01-01 that `micros` falls on, and the rest of that day.
struct DayAndMicros {
  int64_t day = 0;
  int64_t micros = 0;
};
DayAndMicros SplitDay(int64_t micros);

// "2020-01-01"
void AppendDate(std::string& out, int64_t micros);
// "00:00:00[.ffffff][+00:00]" of the time of day in `micros`.
void AppendTime(std::string& out, const Cell& cell);
// "2020-01-01 00:00:00[.ffffff][+00:00]"
void AppendDateTime(std::string& out, const Cell& cell);
// "1 day, 0:00:01", "-1 day, 23:59:59.999999"
void AppendDuration(std::string& out, int64_t micros);

}  // namespace carrel::render
