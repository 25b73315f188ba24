// Time as the runtime sees it, behind an interface so that tests can hold it still.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "runtime/base/result.h"

namespace carrel {

// UTC wall clock, microseconds.
using Timestamp = std::chrono::sys_time<std::chrono::microseconds>;

// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Timestamp Now() const = 0;
};

class SystemClock final : public Clock {
 public:
  Timestamp Now() const override;
};

// "2020-10-14T10:21:22+00:00", with ".ffffff" before the offset when it is not a whole second.
std::string FormatIso(Timestamp time);
// "2020-10-14 10:21:22" (UTC, whole seconds).
std::string FormatPlain(Timestamp time);
// Accepts "YYYY-MM-DDTHH:MM:SS[.ffffff](Z|+HH:MM|-HH:MM)"; kInvalid otherwise.
Result<Timestamp> ParseIso(std::string_view text);

}  // namespace carrel
