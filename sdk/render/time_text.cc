#include "sdk/render/time_text.h"

#include <charconv>
#include <chrono>
#include <cstdlib>

namespace carrel::render {
namespace {

void Append2(std::string& out, int64_t value) {
  out.push_back(static_cast<char>('0' + value / 10 % 10));
  out.push_back(static_cast<char>('0' + value % 10));
}

void AppendInteger(std::string& out, int64_t value) {
  char buffer[24];
  out.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr);
}

void AppendFraction(std::string& out, int64_t micros) {
  if (micros == 0) return;
  out.push_back('.');
  for (int64_t unit = 100'000; unit > 0; unit /= 10) {
    out.push_back(static_cast<char>('0' + micros / unit % 10));
  }
}

void AppendOffset(std::string& out, const Cell& cell) {
  if (!cell.with_zone) return;
  out.push_back(cell.offset_minutes < 0 ? '-' : '+');
  const int minutes = std::abs(static_cast<int>(cell.offset_minutes));
  Append2(out, minutes / 60);
  out.push_back(':');
  Append2(out, minutes % 60);
}

void AppendClock(std::string& out, int64_t micros) {
  const int64_t seconds = micros / kMicrosPerSecond;
  Append2(out, seconds / 3600);
  out.push_back(':');
  Append2(out, seconds / 60 % 60);
  out.push_back(':');
  Append2(out, seconds % 60);
  AppendFraction(out, micros % kMicrosPerSecond);
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

void AppendDate(std::string& out, int64_t micros) {
  const std::chrono::sys_days day{std::chrono::days{SplitDay(micros).day}};
  const std::chrono::year_month_day date{day};
  const int year = static_cast<int>(date.year());
  Append2(out, year / 100);
  Append2(out, year % 100);
  out.push_back('-');
  Append2(out, static_cast<unsigned>(date.month()));
  out.push_back('-');
  Append2(out, static_cast<unsigned>(date.day()));
}

void AppendTime(std::string& out, const Cell& cell) {
  AppendClock(out, SplitDay(cell.micros).micros);
  AppendOffset(out, cell);
}

void AppendDateTime(std::string& out, const Cell& cell) {
  AppendDate(out, cell.micros);
  out.push_back(' ');
  AppendTime(out, cell);
}

void AppendDuration(std::string& out, int64_t micros) {
  const auto [days, rest] = SplitDay(micros);
  if (days != 0) {
    AppendInteger(out, days);
    out += days == 1 || days == -1 ? " day, " : " days, ";
  }
  const int64_t seconds = rest / kMicrosPerSecond;
  AppendInteger(out, seconds / 3600);
  out.push_back(':');
  Append2(out, seconds / 60 % 60);
  out.push_back(':');
  Append2(out, seconds % 60);
  AppendFraction(out, rest % kMicrosPerSecond);
}

}  // namespace carrel::render
