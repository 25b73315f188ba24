// How complete the sandbox is on this machine: found out by building it, never by reading settings.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace carrel::sandbox {

enum class Tier : uint8_t {
  kFull,  // user namespaces and every other layer
  kRoot,  // a root host where user namespaces are off: the other namespaces, an unused account
  // No namespaces: Landlock, the system call filter and resource limits alone. For ordinary users,
  // and only where the operator has asked for it.
  kDegraded,
};

std::string_view TierName(Tier tier);
std::optional<Tier> ParseTier(std::string_view name);

// What is active in every worker of a zygote.
struct Layers {
  Tier tier = Tier::kFull;
  int landlock_abi = 0;  // 0: this kernel has no Landlock
  std::string cgroups;   // "v2", "v1" or "none"
};

// "full (Landlock 7, cgroups v1)": stored with each report.
std::string Describe(const Layers& layers);

}  // namespace carrel::sandbox
