#include "runtime/usage/time_parser.h"

#include <fmt/format.h>

#include "runtime/base/decimal.h"

namespace carrel::usage {
namespace {

constexpr int64_t kMicros = 1'000'000;
constexpr int64_t kDayMicros = 86'400 * kMicros;
constexpr int64_t kDayMillis = 86'400'000;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// `count` digits; -1 when there are not so many.
int TakeDigits(std::string_view& text, size_t count) {
  if (text.size() < count) return -1;
  int value = 0;
  for (size_t i = 0; i < count; ++i) {
    if (!IsDigit(text[i])) return -1;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(count);
  return value;
}

bool Take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

// Days since 1970-01-01, by the civil calendar.
constexpr int64_t DaysFromCivil(int year, int month, int day) {
  const int64_t y = month <= 2 ? year - 1 : year;
  const int64_t era = y / 400;
  const int64_t year_of_era = y - era * 400;
  const int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146'097 + day_of_era - 719'468;
}
static_assert(DaysFromCivil(1970, 1, 1) == 0 && DaysFromCivil(2000, 3, 1) == 11'017);

constexpr int64_t kFirstDay = DaysFromCivil(1900, 1, 1);
constexpr int64_t kBeyond = DaysFromCivil(9999, 12, 31) + 1;

constexpr int DaysOfMonth(int year, int month) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return kDays[month - 1] + (leap && month == 2 ? 1 : 0);
}

// ".123456" -> micros; -1 when it is not such a fraction.
int64_t TakeFraction(std::string_view& text) {
  int64_t micros = 0;
  int64_t unit = kMicros / 10;
  if (text.empty() || !IsDigit(text[0])) return -1;
  while (!text.empty() && IsDigit(text[0])) {
    if (unit == 0 && text[0] != '0') return -1;
    micros += (text[0] - '0') * unit;
    unit /= 10;
    text.remove_prefix(1);
  }
  return micros;
}

// " hh:mm[:ss[.ffffff]]"; -1 when it is none.
int64_t TakeClock(std::string_view& text) {
  const int hour = TakeDigits(text, 2);
  if (hour < 0 || hour > 23 || !Take(text, ':')) return -1;
  const int minute = TakeDigits(text, 2);
  if (minute < 0 || minute > 59) return -1;
  int second = 0;
  int64_t fraction = 0;
  if (Take(text, ':')) {
    second = TakeDigits(text, 2);
    if (second < 0 || second > 59) return -1;
    if (Take(text, '.')) fraction = TakeFraction(text);
    if (fraction < 0) return -1;
  }
  return ((hour * 60 + minute) * 60 + second) * kMicros + fraction;
}

bool IsUtcZone(std::string_view text) {
  return text.empty() || text == "Z" || text == "+00:00" || text == "+0000" || text == "+00" ||
         text == "-00:00";
}

}  // namespace

std::expected<int64_t, TimeFault> ParseTime(std::string_view text) {
  const auto bad = std::unexpected(TimeFault::kNotATime);
  const int year = TakeDigits(text, 4);
  if (year < 0 || !Take(text, '-')) return bad;
  const int month = TakeDigits(text, 2);
  if (month < 0 || !Take(text, '-')) return bad;
  const int day = TakeDigits(text, 2);
  if (day < 0) return bad;
  int64_t clock = 0;
  if (!text.empty()) {
    if (!Take(text, ' ') && !Take(text, 'T')) return bad;
    clock = TakeClock(text);
    if (clock < 0 || !IsUtcZone(text)) return bad;
  }
  if (month < 1 || month > 12 || day < 1 || day > DaysOfMonth(year, month)) {
    return std::unexpected(TimeFault::kNoSuchDay);
  }
  if (year < 1900) return std::unexpected(TimeFault::kOutOfRange);
  return DaysFromCivil(year, month, day) * kDayMicros + clock;
}

std::expected<int64_t, TimeFault> ParseDayNumber(std::string_view text, Epoch epoch) {
  const auto number = Decimal::Parse(text);
  if (!number) {
    return std::unexpected(number.error() == DecimalFault::kNotANumber ? TimeFault::kNotATime
                                                                       : TimeFault::kOutOfRange);
  }
  if (number->is_negative() || *number > Decimal(3'000'000)) {
    return std::unexpected(TimeFault::kOutOfRange);
  }
  // More digits than a double tells are dropped, so that nothing overflows.
  __int128 units = number->units();
  int scale = number->scale();
  for (; scale > 18; --scale) units /= 10;
  __int128 unit = 1;
  for (int i = 0; i < scale; ++i) unit *= 10;
  const auto millis = static_cast<int64_t>((units * kDayMillis * 2 + unit) / (unit * 2));
  int64_t day = millis / kDayMillis;
  const int64_t rest = millis % kDayMillis;
  if (epoch == Epoch::k1904) {
    day += DaysFromCivil(1904, 1, 1);
  } else if (day == 60) {
    return std::unexpected(TimeFault::kNoSuchDay);
  } else {
    day += DaysFromCivil(1899, 12, 30) + (day < 60 ? 1 : 0);
  }
  if (day < kFirstDay || day >= kBeyond) return std::unexpected(TimeFault::kOutOfRange);
  return day * kDayMicros + rest * 1000;
}

std::string FormatTime(int64_t micros) {
  int64_t days = micros / kDayMicros;
  int64_t rest = micros % kDayMicros;
  if (rest < 0) {
    rest += kDayMicros;
    --days;
  }
  // The inverse of DaysFromCivil.
  const int64_t shifted = days + 719'468;
  const int64_t era = (shifted >= 0 ? shifted : shifted - 146'096) / 146'097;
  const int64_t of_era = shifted - era * 146'097;
  const int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36'524 - of_era / 146'096) / 365;
  const int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t month_index = (5 * of_year + 2) / 153;
  const int64_t day = of_year - (153 * month_index + 2) / 5 + 1;
  const int64_t month = month_index < 10 ? month_index + 3 : month_index - 9;
  const int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
  const int64_t seconds = rest / kMicros;
  std::string out = fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", year, month, day,
                                seconds / 3600, seconds / 60 % 60, seconds % 60);
  if (rest % kMicros != 0) out += fmt::format(".{:06}", rest % kMicros);
  return out;
}

}  // namespace carrel::usage
