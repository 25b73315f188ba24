#include "tests/bench/peer_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace carrel::bench {

double Milliseconds(SteadyClock::duration d) {
  return std::chrono::duration<double, std::milli>(d).count();
}

double Quantile(std::vector<double> values, double q) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  return values[static_cast<size_t>(q * static_cast<double>(values.size() - 1) + 0.5)];
}

void Die(const std::string& message) {
  fmt::print(stderr, "bench: {}\n", message);
  std::exit(1);
}

double RunPeer(const Peer& peer) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  const bool is_plain = peer.command.find(' ') == std::string::npos;
  const std::string shell = "exec " + peer.command;
  const char* words[] = {"sh", "-c", shell.c_str(), nullptr};
  const char* alone[] = {peer.command.c_str(), nullptr};
  const char* program = is_plain ? peer.command.c_str() : "/bin/sh";
  const auto start = SteadyClock::now();
  pid_t pid = 0;
  if (::posix_spawn(&pid, program, &actions, nullptr, const_cast<char**>(is_plain ? alone : words),
                    environ) != 0) {
    Die("cannot start " + peer.command);
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  const double ms = Milliseconds(SteadyClock::now() - start);
  posix_spawn_file_actions_destroy(&actions);
  if (status != 0) Die(fmt::format("{}: status {}", peer.command, status));
  return ms;
}

}  // namespace carrel::bench
