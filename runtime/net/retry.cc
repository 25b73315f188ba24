#include "runtime/net/retry.h"

#include <curl/curl.h>

#include <algorithm>
#include <charconv>
#include <random>
#include <string>

namespace carrel::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kLongestWait{30'000};
constexpr int kMaxDoublings = 16;
constexpr int kRetryableStatuses[] = {429, 502, 503, 504};
constexpr std::string_view kIdempotentMethods[] = {"GET", "HEAD", "OPTIONS", "PUT", "DELETE"};

}  // namespace

bool IsRetryableStatus(int status) {
  return std::ranges::find(kRetryableStatuses, status) != std::end(kRetryableStatuses);
}

bool IsIdempotent(std::string_view method) {
  return std::ranges::find(kIdempotentMethods, method) != std::end(kIdempotentMethods);
}

std::optional<milliseconds> ParseRetryAfter(std::string_view value, Timestamp now) {
  unsigned int count = 0;
  const std::string text(value);
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, count);
  if (error == std::errc() && stopped == end) return milliseconds(seconds(count));
  const time_t date = curl_getdate(text.c_str(), nullptr);
  if (date < 0) return std::nullopt;
  const auto wait = std::chrono::sys_seconds(seconds(date)) - now;
  return std::max(milliseconds(0), std::chrono::ceil<milliseconds>(wait));
}

milliseconds BackOff(int attempt, milliseconds base) {
  thread_local std::mt19937 random{std::random_device{}()};
  const int doublings = std::clamp(attempt, 0, kMaxDoublings);
  const milliseconds full = std::min(kLongestWait, base * (1 << doublings));
  std::uniform_int_distribution<milliseconds::rep> draw(full.count() / 2, full.count());
  return milliseconds(draw(random));
}

}  // namespace carrel::net
