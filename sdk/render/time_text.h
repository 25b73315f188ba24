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

// What each of the functions below may write, at most.
inline constexpr size_t kTimeRoom = 48;

// "2020-01-01". Returns the end.
char* PutDate(char* to, int64_t micros);
// "00:00:00[.ffffff][+00:00]" of the time of day in `micros`.
char* PutTime(char* to, const Cell& cell);
// "2020-01-01 00:00:00[.ffffff][+00:00]"
char* PutDateTime(char* to, const Cell& cell);
// "1 day, 0:00:01", "-1 day, 23:59:59.999999"
char* PutDuration(char* to, int64_t micros);

}  // namespace carrel::render
