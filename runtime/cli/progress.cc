#include "runtime/cli/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

namespace carrel::cli {
namespace {

constexpr std::chrono::milliseconds kBarEvery{100};
constexpr std::chrono::seconds kLineEvery{5};
constexpr size_t kBarWidth = 24;
constexpr size_t kLongestLine = 4096;

size_t Columns() {
  struct winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

std::string Number(double value) {
  if (!std::isfinite(value) || value < 0) return "?";
  return value == std::floor(value) && value < 1e15 ? fmt::format("{:.0f}", value)
                                                    : fmt::format("{:.1f}", value);
}

std::string TimeLeft(double seconds) {
  if (seconds < 90) return fmt::format("{:.0f} s left", std::ceil(seconds));
  if (seconds < 5400) return fmt::format("{:.0f} min left", std::ceil(seconds / 60));
  return fmt::format("{:.1f} h left", seconds / 3600);
}

double Share(const Step& step) {
  const double share = step.max > 0 ? step.value / step.max : 0;
  return std::isfinite(share) ? std::clamp(share, 0.0, 1.0) : 0;
}

}  // namespace

std::string StepText(const Step& step) {
  std::string text = step.name;
  if (step.max > 0) {
    text += fmt::format(" {}/{}", Number(step.value), Number(step.max));
  } else if (step.value > 0) {
    text += " " + Number(step.value);
  }
  const double seconds = step.elapsed.count();
  // A rate over less than this says nothing.
  if (seconds < 0.5 || !(step.value > 0) || !std::isfinite(step.value)) return text;
  const double rate = step.value / seconds;
  text += fmt::format("  {}/s", rate >= 10 ? Number(std::round(rate)) : Number(rate));
  if (step.max > step.value) text += "  " + TimeLeft((step.max - step.value) / rate);
  return text;
}

std::string StepBar(const Step& step, size_t columns) {
  const std::string text = StepText(step);
  if (step.max <= 0 || columns < kBarWidth + text.size() + 4) {
    return text.substr(0, columns > 0 ? columns - 1 : 0);
  }
  const auto full = static_cast<size_t>(Share(step) * static_cast<double>(kBarWidth));
  return fmt::format("[{}{}] {}", std::string(full, '#'), std::string(kBarWidth - full, '.'), text);
}

void ProgressView::Show(std::string_view name, double value, double max) {
  const std::lock_guard lock(mutex_);
  const SteadyTime now = std::chrono::steady_clock::now();
  const bool is_new = name != name_;
  if (is_new) {
    name_ = name;
    started_ = now;
  }
  const std::chrono::nanoseconds every = console_.is_interactive()
                                             ? std::chrono::nanoseconds(kBarEvery)
                                             : std::chrono::nanoseconds(kLineEvery);
  // In a log the first line comes after a while: short steps stay silent.
  if (!shown_) shown_ = console_.is_interactive() ? SteadyTime() : now;
  if (now - *shown_ < every) return;
  shown_ = now;
  const Step step{name_, value, max, now - started_};
  if (console_.is_interactive()) {
    console_.SetBar(StepBar(step, Columns()));
  } else {
    console_.Note("carrel: " + StepText(step));
  }
}

void ProgressView::Clear() {
  const std::lock_guard lock(mutex_);
  name_.clear();
  console_.SetBar("");
}

void LogView::Add(std::string_view text) {
  const std::lock_guard lock(mutex_);
  rest_ += text;
  size_t begin = 0;
  for (size_t end = rest_.find('\n'); end != std::string::npos; end = rest_.find('\n', begin)) {
    Emit(std::string_view(rest_).substr(begin, end - begin));
    begin = end + 1;
  }
  rest_.erase(0, begin);
  if (rest_.size() < kLongestLine) return;
  Emit(rest_);
  rest_.clear();
}

void LogView::Flush() {
  const std::lock_guard lock(mutex_);
  if (!rest_.empty()) Emit(rest_);
  rest_.clear();
}

void LogView::Emit(std::string_view line) {
  console_.Note(prefix_ + std::string(line), Style::kDim);
}

}  // namespace carrel::cli
