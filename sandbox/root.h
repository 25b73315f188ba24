// The file system a worker sees: a read-only tmpfs with the parts of the host that the language
// runtime needs, the store until a worker has taken its part of it, and empty mount points.
#pragma once

#include <string>
#include <vector>

#include "runtime/base/json.h"
#include "runtime/base/result.h"
#include "runtime/base/unique_fd.h"
#include "sandbox/places.h"

namespace carrel::sandbox {

// A part of the host, mounted read-only at `target`.
struct RootPart {
  std::string source;
  std::string target;
};

// What a zygote's root is made of; travels to the zygote as JSON.
struct RootSpec {
  std::string store;  // directory of checkouts
  std::vector<RootPart> parts;
};

Json ToJson(const RootSpec& spec);

struct PreparedPart {
  std::string target;
  UniqueFd tree;
  enum class Kind : uint8_t { kDirectory, kFile, kDevice } kind = Kind::kDirectory;
};
using PreparedRoot = std::vector<PreparedPart>;

// Detached copies of all sources, made before the identity changes and after the mounts of this
// namespace were made private. `boot` is ToJson(RootSpec).
Result<PreparedRoot> PrepareRoot(const Json& boot);

// Where the sources are, for workers that get no root of their own. The devices with them.
Result<Places> FindParts(const Json& boot);

// Builds the root, enters it and forgets the old one. In the zygote.
Status EnterRoot(PreparedRoot root);

}  // namespace carrel::sandbox
