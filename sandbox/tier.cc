#include "sandbox/tier.h"

#include <fmt/format.h>

namespace carrel::sandbox {
namespace {

struct TierRow {
  Tier tier;
  std::string_view name;
};
constexpr TierRow kTiers[] = {
    {Tier::kFull, "full"}, {Tier::kRoot, "root"}, {Tier::kDegraded, "degraded"}};

}  // namespace

std::string_view TierName(Tier tier) {
  for (const TierRow& row : kTiers) {
    if (row.tier == tier) return row.name;
  }
  return "?";
}

std::optional<Tier> ParseTier(std::string_view name) {
  for (const TierRow& row : kTiers) {
    if (row.name == name) return row.tier;
  }
  return std::nullopt;
}

std::string Describe(const Layers& layers) {
  const std::string landlock =
      layers.landlock_abi > 0 ? fmt::format("Landlock {}", layers.landlock_abi) : "no Landlock";
  return fmt::format("{} ({}, cgroups {})", TierName(layers.tier), landlock, layers.cgroups);
}

}  // namespace carrel::sandbox
