#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <charconv>

#include "runtime/base/files.h"
#include "runtime/base/ids.h"
#include "runtime/base/text.h"
#include "runtime/report/host_identity.h"

namespace carrel::report {
namespace {

Result<std::string> BootId() {
  CARREL_ASSIGN_OR_RETURN(std::string text, ReadFile("/proc/sys/kernel/random/boot_id", 4096));
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

Result<std::string> PidNamespace() {
  std::array<char, 64> link{};
  const ssize_t size = ::readlink("/proc/self/ns/pid", link.data(), link.size());
  if (size < 0) return FailErrno("/proc/self/ns/pid");
  std::string digits;
  for (const char c : std::string_view(link.data(), static_cast<size_t>(size))) {
    if (c >= '0' && c <= '9') digits += c;
  }
  return digits;
}

struct ProcessStat {
  char state = '?';
  std::string start_time;
};

// Fields of /proc/PID/stat; the name in parentheses may hold anything, so counting starts after it.
Result<ProcessStat> StatOf(std::string_view pid) {
  CARREL_ASSIGN_OR_RETURN(const std::string text,
                          ReadFile(fmt::format("/proc/{}/stat", pid), 4096));
  const size_t end = text.rfind(')');
  if (end == std::string::npos || end + 2 >= text.size()) {
    return Fail(Code::kIo, fmt::format("/proc/{}/stat: not understood", pid));
  }
  constexpr size_t kStartTime = 19;  // counted from the state, the first field after the name
  const auto fields = Split(std::string_view(text).substr(end + 2), ' ');
  if (fields.size() <= kStartTime || fields[0].empty()) {
    return Fail(Code::kIo, fmt::format("/proc/{}/stat: not understood", pid));
  }
  return ProcessStat{fields[0][0], fields[kStartTime]};
}

}  // namespace

Result<std::string> CurrentHostId() {
  CARREL_ASSIGN_OR_RETURN(const std::string boot, BootId());
  CARREL_ASSIGN_OR_RETURN(const std::string space, PidNamespace());
  CARREL_ASSIGN_OR_RETURN(const ProcessStat stat, StatOf("self"));
  return fmt::format("{}:{}:{}:{}:{}", boot, space, ::getpid(), stat.start_time, RandomHex(8));
}

Liveness LivenessOf(std::string_view host_id) {
  const auto parts = Split(host_id, ':');
  if (parts.size() != 5) return Liveness::kUnknown;
  const auto boot = BootId();
  const auto space = PidNamespace();
  if (!boot || !space || parts[0] != *boot || parts[1] != *space) return Liveness::kUnknown;
  const auto stat = StatOf(parts[2]);
  if (!stat) return stat.error().code == Code::kNotFound ? Liveness::kDead : Liveness::kUnknown;
  const bool gone = stat->start_time != parts[3] || stat->state == 'Z' || stat->state == 'X';
  return gone ? Liveness::kDead : Liveness::kAlive;
}

}  // namespace carrel::report
