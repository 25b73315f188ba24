#include "runtime/base/clock.h"

#include <fmt/format.h>

#include <charconv>

namespace carrel {
namespace {

struct Civil {
  std::chrono::year_month_day date;
  std::chrono::hh_mm_ss<std::chrono::microseconds> time;
};

Civil Split(Timestamp time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  return {std::chrono::year_month_day(day),
          std::chrono::hh_mm_ss<std::chrono::microseconds>(time - day)};
}

std::string FormatWith(const Civil& civil, char separator) {
  return fmt::format("{:04}-{:02}-{:02}{}{:02}:{:02}:{:02}", static_cast<int>(civil.date.year()),
                     static_cast<unsigned>(civil.date.month()),
                     static_cast<unsigned>(civil.date.day()), separator, civil.time.hours().count(),
                     civil.time.minutes().count(), civil.time.seconds().count());
}

// Reads digits at `pos`; -1 when they are not all digits.
int Digits(std::string_view text, size_t pos, size_t count) {
  if (pos + count > text.size()) return -1;
  int value = 0;
  for (char c : text.substr(pos, count)) {
    if (c < '0' || c > '9') return -1;
    value = value * 10 + (c - '0');
  }
  return value;
}

}  // namespace

Timestamp SystemClock::Now() const {
  return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

std::string FormatIso(Timestamp time) {
  const Civil civil = Split(time);
  std::string out = FormatWith(civil, 'T');
  if (const auto micros = civil.time.subseconds().count(); micros != 0) {
    out += fmt::format(".{:06}", micros);
  }
  return out + "+00:00";
}

std::string FormatPlain(Timestamp time) { return FormatWith(Split(time), ' '); }

Result<Timestamp> ParseIso(std::string_view text) {
  const auto invalid = [&] {
    return Fail(Code::kInvalid,
                fmt::format("'{}' is not a date-time like 2020-10-14T10:21:22+00:00", text));
  };
  const int year = Digits(text, 0, 4), month = Digits(text, 5, 2), day = Digits(text, 8, 2);
  const int hour = Digits(text, 11, 2), minute = Digits(text, 14, 2), second = Digits(text, 17, 2);
  if (text.size() < 20 || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' ||
      text[16] != ':' || year < 0 || month < 0 || day < 0 || hour < 0 || hour > 23 || minute < 0 ||
      minute > 59 || second < 0 || second > 59) {
    return invalid();
  }
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return invalid();
  size_t pos = 19;
  int micros = 0;
  if (text[pos] == '.') {
    int scale = 100000;
    if (Digits(text, pos + 1, 1) < 0) return invalid();
    for (++pos; pos < text.size() && text[pos] >= '0' && text[pos] <= '9'; ++pos, scale /= 10) {
      micros += (text[pos] - '0') * scale;
    }
  }
  int offset_minutes = 0;
  if (pos + 1 == text.size() && text[pos] == 'Z') {
    pos = text.size();
  } else if (pos + 6 == text.size() && (text[pos] == '+' || text[pos] == '-')) {
    const int oh = Digits(text, pos + 1, 2), om = Digits(text, pos + 4, 2);
    if (oh < 0 || oh > 23 || om < 0 || om > 59 || text[pos + 3] != ':') return invalid();
    offset_minutes = (oh * 60 + om) * (text[pos] == '-' ? -1 : 1);
  } else {
    return invalid();
  }
  return Timestamp(std::chrono::sys_days(date)) + std::chrono::hours(hour) +
         std::chrono::minutes(minute - offset_minutes) + std::chrono::seconds(second) +
         std::chrono::microseconds(micros);
}

}  // namespace carrel
