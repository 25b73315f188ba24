// The Lua source of module `carrel`, compiled into the binary by CMakeLists.txt.
#pragma once

#include <string_view>

namespace carrel::lua {

struct EmbeddedSource {
  const char* chunk_name;
  std::string_view text;
};

// In the order they run; each gets the table of native functions, which the one before extended.
inline constexpr int kEmbeddedSourceCount = 2;
extern const EmbeddedSource kEmbeddedSources[kEmbeddedSourceCount];

}  // namespace carrel::lua
