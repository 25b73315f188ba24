// Waits for what another thread or process does, however slow the machine is. A test never sleeps
// for a time that it takes to be long enough.
#pragma once

#include <chrono>
#include <thread>

namespace carrel {

inline constexpr std::chrono::seconds kLongEnough{60};
// For what must not wait, beside a wait of a minute or more that it would fall into.
inline constexpr std::chrono::seconds kAtOnce{30};

// Whether `condition` holds before the time is up.
template <typename Condition>
bool Eventually(Condition condition, std::chrono::milliseconds patience = kLongEnough) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

}  // namespace carrel
