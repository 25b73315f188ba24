// What the start benchmarks share: clocks, quantiles and the start of another program.
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace carrel::bench {

using SteadyClock = std::chrono::steady_clock;

double Milliseconds(SteadyClock::duration d);
// Of an unsorted list; 0 when it is empty.
double Quantile(std::vector<double> values, double q);
[[noreturn]] void Die(const std::string& message);

struct Peer {
  std::string name;
  std::string command;  // of the shell's words; a plain program path is spawned without a shell
};

// Milliseconds from the spawn to the end of the process; dies when it fails.
double RunPeer(const Peer& peer);

}  // namespace carrel::bench
