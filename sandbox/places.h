// Where the parts of a worker's root are. In a root of its own each part is at its target; without
// one, in Tier::kDegraded, where the host has it.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace carrel::sandbox {

class Places {
 public:
  void Set(std::string target, std::string path) { paths_[std::move(target)] = std::move(path); }

  // The path of what a complete sandbox has at `target`.
  std::string Of(std::string_view target) const {
    const auto it = paths_.find(target);
    return it != paths_.end() ? it->second : std::string(target);
  }

  // The path of `target`, which is forgotten; empty when it was not set.
  std::string Take(std::string_view target) {
    const auto it = paths_.find(target);
    return it != paths_.end() ? paths_.extract(it).mapped() : std::string();
  }

  // All that were set: target -> path.
  const std::map<std::string, std::string, std::less<>>& all() const { return paths_; }

 private:
  std::map<std::string, std::string, std::less<>> paths_;
};

}  // namespace carrel::sandbox
