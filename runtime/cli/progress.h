// How far a long step is, said so that it helps: a bar with rate and time left on a terminal, a
// line every few seconds into a log.
#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/cli/console.h"

namespace carrel::cli {

using SteadyTime = std::chrono::steady_clock::time_point;

// What is known of a step at one moment.
struct Step {
  std::string name;
  double value = 0;
  double max = 0;  // 0: unknown
  std::chrono::duration<double> elapsed{0};
  bool operator==(const Step&) const = default;
};

// "receiving 42/100  21/s  3 s left"
std::string StepText(const Step& step);
// StepText with a bar of blocks before it, at most `columns` wide.
std::string StepBar(const Step& step, size_t columns);

// Thread-safe. Removes its bar when it goes.
class ProgressView {
 public:
  explicit ProgressView(Console& console) : console_(console) {}
  ~ProgressView() { Clear(); }
  ProgressView(const ProgressView&) = delete;
  ProgressView& operator=(const ProgressView&) = delete;

  void Show(std::string_view name, double value, double max);
  void Clear();

 private:
  Console& console_;
  std::mutex mutex_;
  // Guarded by mutex_.
  std::string name_;
  SteadyTime started_;
  std::optional<SteadyTime> shown_;
};

// Cuts what arrives in pieces into lines and hands each on with its prefix, dimmed.
class LogView {
 public:
  LogView(Console& console, std::string prefix) : console_(console), prefix_(std::move(prefix)) {}
  ~LogView() { Flush(); }
  LogView(const LogView&) = delete;
  LogView& operator=(const LogView&) = delete;

  void Add(std::string_view text);
  void Flush();

 private:
  void Emit(std::string_view line);

  Console& console_;
  const std::string prefix_;
  std::mutex mutex_;
  std::string rest_;  // guarded by mutex_
};

}  // namespace carrel::cli
