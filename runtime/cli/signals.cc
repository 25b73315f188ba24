#include "runtime/cli/signals.h"

#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>

namespace carrel::cli {
namespace {

constexpr uint64_t kSignalled = 1;
constexpr uint64_t kFinished = uint64_t{1} << 32;

// A signal handler can reach nothing but a global.
std::atomic<int> signal_event = -1;

void OnSignal(int) {
  const uint64_t value = kSignalled;
  (void)!::write(signal_event.load(), &value, sizeof(value));
}

bool IsIgnored(int number) {
  struct sigaction action{};
  return ::sigaction(number, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

void Handle(int number, void (*handler)(int), int flags) {
  struct sigaction action{};
  action.sa_handler = handler;
  action.sa_flags = flags;
  ::sigaction(number, &action, nullptr);
}

}  // namespace

void IgnoreFileSizeSignal() { Handle(SIGXFSZ, SIG_IGN, 0); }

Result<StopOnSignal> StopOnSignal::Install() {
  UniqueFd event(::eventfd(0, EFD_CLOEXEC));
  if (!event) return FailErrno("eventfd");
  return StopOnSignal(std::move(event));
}

StopOnSignal::StopOnSignal(UniqueFd event) : event_(std::move(event)) {
  signal_event = event_.get();
  watcher_ = std::thread([source = source_, fd = event_.get()]() mutable {
    uint64_t value = 0;
    while (::read(fd, &value, sizeof(value)) != sizeof(value)) {
    }
    if (value < kFinished) source.request_stop();
  });
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    if (!IsIgnored(number)) handled_.push_back(number);
  }
  for (const int number : handled_) Handle(number, OnSignal, SA_RESTART | SA_RESETHAND);
}

StopOnSignal::~StopOnSignal() {
  if (!watcher_.joinable()) return;
  for (const int number : handled_) Handle(number, SIG_DFL, 0);
  (void)!::write(event_.get(), &kFinished, sizeof(kFinished));
  watcher_.join();
  signal_event = -1;
}

}  // namespace carrel::cli
