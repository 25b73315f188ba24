// When a failed HTTP call may be tried again, and after how long.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "runtime/base/clock.h"

namespace carrel::net {

// 429, 502, 503 and 504: the server says "later".
bool IsRetryableStatus(int status);

// GET, HEAD, OPTIONS, PUT and DELETE: doing it twice is doing it once.
bool IsIdempotent(std::string_view method);

// A Retry-After value, seconds or an HTTP date, as a wait from `now`; nullopt when it is neither.
// A date in the past is a wait of 0.
std::optional<std::chrono::milliseconds> ParseRetryAfter(std::string_view value, Timestamp now);

// The wait before retry number `attempt` (from 0): drawn at random between half of
// base * 2^attempt and all of it, at most 30 s. Thread-safe.
std::chrono::milliseconds BackOff(int attempt, std::chrono::milliseconds base);

}  // namespace carrel::net
