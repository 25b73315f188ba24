#include <fmt/format.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <charconv>
#include <cstdint>
#include <filesystem>
#include <string>

#include "sandbox/priority.h"

namespace carrel::sandbox {
namespace {

constexpr int kLowestNice = 19;
// sched_setattr(2): the kernel's header and the C library's cannot be included together.
struct SchedulingAttributes {
  uint32_t size = sizeof(SchedulingAttributes);
  uint32_t policy = 0;
  uint64_t flags = 0;
  int32_t nice = 0;
  uint32_t priority = 0;
  uint64_t slice_ns = 0, deadline_ns = 0, period_ns = 0;
};

// The longest that the kernel grants.
constexpr uint64_t kSliceNs = 100'000'000;
// Threads are started while they are listed; those of a thread that gave way already do too.
constexpr int kMaxPasses = 8;

pid_t ThreadOf(const std::filesystem::path& task) {
  const std::string name = task.filename();
  pid_t thread = 0;
  std::from_chars(name.data(), name.data() + name.size(), thread);
  return thread;
}

// The policy decides who has the processor when a thread wakes up. When a thread blocks, the next
// is chosen by deadline (Linux 6.6): threads that are behind with their share win, whatever their
// policy, unless they have asked for long slices, which are due late (6.12; refused before).
bool LetGiveWay(pid_t thread) {
  const SchedulingAttributes attributes{
      .policy = SCHED_OTHER, .nice = kLowestNice, .slice_ns = kSliceNs};
  (void)::syscall(SYS_sched_setattr, thread, &attributes, 0);
  const sched_param none{};
  return ::sched_setscheduler(thread, SCHED_IDLE, &none) == 0;
}

// Whether every thread that was found had given way before.
bool Pass(const std::filesystem::path& tasks) {
  bool all_had = true;
  std::error_code error;
  for (std::filesystem::directory_iterator it(tasks, error), end; !error && it != end;
       it.increment(error)) {
    const pid_t thread = ThreadOf(it->path());
    if (thread <= 0 || ::sched_getscheduler(thread) == SCHED_IDLE) continue;
    if (LetGiveWay(thread)) all_had = false;
  }
  return all_had;
}

}  // namespace

// The nice value first: it reaches all threads at once, and the kernel asks for a privilege before
// it lets one out of SCHED_IDLE again.
void GiveWay(pid_t pid) {
  (void)::setpriority(PRIO_PGRP, static_cast<id_t>(pid), kLowestNice);
  const std::string tasks = fmt::format("/proc/{}/task", pid);
  for (int i = 0; i < kMaxPasses && !Pass(tasks); ++i) {
  }
}

}  // namespace carrel::sandbox
