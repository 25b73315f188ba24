#include "sdk/render/time_text.h"

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "sdk/render/number_text.h"
#include "sdk/render/raw_text.h"

namespace carrel::render {
namespace {

char* PutTwo(char* to, int64_t value) { return PutTwoDigits(to, static_cast<unsigned>(value)); }

char* PutFraction(char* to, int64_t micros) {
  if (micros == 0) return to;
  *to++ = '.';
  return PutDigits<6>(to, static_cast<uint64_t>(micros));
}

char* PutOffset(char* to, const Cell& cell) {
  if (!cell.with_zone) return to;
  *to++ = cell.offset_minutes < 0 ? '-' : '+';
  const int minutes = std::abs(static_cast<int>(cell.offset_minutes));
  to = PutTwo(to, minutes / 60 % 100);
  *to++ = ':';
  return PutTwo(to, minutes % 60);
}

char* PutMinutesAndSeconds(char* to, int64_t seconds) {
  *to++ = ':';
  to = PutTwo(to, seconds / 60 % 60);
  *to++ = ':';
  return PutTwo(to, seconds % 60);
}

char* PutDay(char* to, int64_t day) {
  const std::chrono::sys_days days{std::chrono::days{day}};
  const std::chrono::year_month_day date{days};
  // Languages have years 1 to 9999; what else a cell may hold is cut to four digits.
  const unsigned year = static_cast<unsigned>(static_cast<int>(date.year())) % 10'000;
  to = PutDigits<4>(to, year);
  *to++ = '-';
  to = PutTwo(to, static_cast<unsigned>(date.month()));
  *to++ = '-';
  return PutTwo(to, static_cast<unsigned>(date.day()));
}

char* PutClock(char* to, int64_t micros, const Cell& cell) {
  const int64_t seconds = micros / kMicrosPerSecond;
  to = PutMinutesAndSeconds(PutTwo(to, seconds / 3600), seconds);
  return PutOffset(PutFraction(to, micros % kMicrosPerSecond), cell);
}

}  // namespace

DayAndMicros SplitDay(int64_t micros) {
  int64_t day = micros / kMicrosPerDay;
  int64_t rest = micros % kMicrosPerDay;
  if (rest < 0) {
    rest += kMicrosPerDay;
    --day;
  }
  return {day, rest};
}

char* PutDate(char* to, int64_t micros) { return PutDay(to, SplitDay(micros).day); }

char* PutTime(char* to, const Cell& cell) {
  return PutClock(to, SplitDay(cell.micros).micros, cell);
}

char* PutDateTime(char* to, const Cell& cell) {
  const auto [day, micros] = SplitDay(cell.micros);
  to = PutDay(to, day);
  *to++ = ' ';
  return PutClock(to, micros, cell);
}

char* PutDuration(char* to, int64_t micros) {
  const auto [days, rest] = SplitDay(micros);
  if (days != 0) {
    to = PutInteger(to, days);
    const std::string_view unit = days == 1 || days == -1 ? " day, " : " days, ";
    to += unit.copy(to, unit.size());
  }
  const int64_t seconds = rest / kMicrosPerSecond;
  to = PutMinutesAndSeconds(PutInteger(to, seconds / 3600), seconds);
  return PutFraction(to, rest % kMicrosPerSecond);
}

}  // namespace carrel::render
