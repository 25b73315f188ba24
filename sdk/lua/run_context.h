// What the C functions of one report share. A Lua state points at its RunContext, which owns every
// C++ object that must survive a Lua error (see lua_state.h).
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/json.h"
#include "runtime/base/unique_fd.h"
#include "sdk/worker/language_host.h"

struct lua_State;

namespace carrel::lua {

// Tagged values of module `carrel`, known by the identity of their metatable.
enum class Tag : int { kNone, kArray, kDate, kDateTime, kDecimal, kApiError, kCount };

// An object key while an object is being encoded; text points into Lua's own string.
struct JsonKey {
  std::string_view text;
  int64_t integer = 0;
  bool is_integer = false;
};

struct RunContext {
  // Constant after construction.
  const sdk::ReportJob* job = nullptr;
  sdk::ReportPort* port = nullptr;
  UniqueFd root;

  // Scratch space, each with one user at a time.
  std::string problem;        // why Contain() failed
  std::string text;           // a file read, or JSON written
  std::vector<JsonKey> keys;  // a stack: nested objects share it
  int64_t column = 0;         // of the array that was last written as JSON, from 1; 0: no array
  Json decoded;
  sdk::ApiReply reply;

  sdk::ReportFailure failure;
  std::string traceback;
};

// The context of `state` and of every coroutine made from it.
RunContext& ContextOf(lua_State* state);
void SetContext(lua_State* state, RunContext& context);

// The tag of the table at `index`. Never raises, never calls metamethods.
Tag TagOf(lua_State* state, int index);
// The identities of the metatables by tag, for telling tags of many values.
using TagIdentities = std::array<const void*, static_cast<size_t>(Tag::kCount)>;
TagIdentities IdentitiesOfTags(lua_State* state);
// Makes the table at the top the metatable that marks `tag`; pops it. May raise.
void RegisterTag(lua_State* state, Tag tag);
// Pushes that metatable.
void PushTag(lua_State* state, Tag tag);

}  // namespace carrel::lua
