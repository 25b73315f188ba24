#include "sdk/lua/modules.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cctype>
#include <cerrno>
#include <cstring>
#include <lua.hpp>

#include "runtime/base/unique_fd.h"
#include "sdk/lua/lua_state.h"
#include "sdk/lua/run_context.h"

namespace carrel::lua {
namespace {

constexpr size_t kMaxSource = size_t{16} << 20;
constexpr char kLoading[] = "carrel.loading";  // registry: module name -> true while it loads

enum class Found { kYes, kNo, kError };

// Words of letters, digits, '_' and '-' with single dots between them: nothing that leaves the
// root or names a hidden file.
bool IsModuleName(std::string_view name) {
  bool after_dot = true;
  for (const char c : name) {
    if (c == '.') {
      if (after_dot) return false;
      after_dot = true;
    } else if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-') {
      after_dot = false;
    } else {
      return false;
    }
  }
  return !after_dot;
}

Result<std::string> ReadSource(int root, const std::string& path) {
  open_how how{};
  how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  const UniqueFd file(
      static_cast<int>(syscall(SYS_openat2, root, path.c_str(), &how, sizeof(how))));
  if (!file) {
    if (errno == ELOOP) return Fail(Code::kDenied, path + ": symbolic links are not followed");
    return FailErrno(path);
  }
  struct stat status{};
  if (fstat(file.get(), &status) != 0) return FailErrno(path);
  if (!S_ISREG(status.st_mode)) return Fail(Code::kInvalid, path + ": not a regular file");
  if (static_cast<size_t>(status.st_size) > kMaxSource) {
    return Fail(Code::kLimit, path + ": larger than 16 MiB");
  }
  std::string text(static_cast<size_t>(status.st_size), '\0');
  size_t filled = 0;
  while (filled < text.size()) {
    const ssize_t got = read(file.get(), text.data() + filled, text.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return FailErrno(path);
    if (got == 0) break;
    filled += static_cast<size_t>(got);
  }
  text.resize(filled);
  return text;
}

// The module's source into context.text, its path with a leading '@' into context.problem (or why
// there is none).
Found FindSource(RunContext& context, const char* name) {
  Found found = Found::kError;
  const bool contained = Contain(context.problem, [&] {
    std::string base(name);
    for (char& c : base) c = c == '.' ? '/' : c;
    for (const char* suffix : {".lua", "/init.lua"}) {
      const std::string path = base + suffix;
      auto source = ReadSource(context.root.get(), path);
      if (source) {
        context.text = std::move(*source);
        context.problem = "@" + path;
        found = Found::kYes;
        return;
      }
      if (source.error().code != Code::kNotFound) {
        context.problem = source.error().message;
        return;
      }
    }
    context.problem =
        fmt::format("no file '{0}.lua' and no file '{0}/init.lua' in the repository", base);
    found = Found::kNo;
  });
  return contained ? found : Found::kError;
}

// __close of the guard value {name}: the module is no longer being loaded, whatever happened.
int EndLoading(lua_State* L) {
  luaL_getsubtable(L, LUA_REGISTRYINDEX, kLoading);
  lua_rawgeti(L, 1, 1);
  lua_pushnil(L);
  lua_rawset(L, -3);
  return 0;
}

void BeginLoading(lua_State* L, const char* name) {
  luaL_getsubtable(L, LUA_REGISTRYINDEX, kLoading);
  if (lua_getfield(L, -1, name) != LUA_TNIL) {
    luaL_error(L, "module '%s' requires itself, directly or through another module", name);
  }
  lua_pop(L, 1);
  lua_createtable(L, 1, 0);
  lua_pushstring(L, name);
  lua_rawseti(L, -2, 1);
  lua_createtable(L, 0, 1);
  lua_pushcfunction(L, EndLoading);
  lua_setfield(L, -2, "__close");
  lua_setmetatable(L, -2);
  lua_pushboolean(L, 1);
  lua_setfield(L, -3, name);
  lua_remove(L, -2);
  lua_toclose(L, -1);  // stays on the caller's stack until that function returns or raises
}

// Loads and runs the file of module `name` (argument 1) and keeps its value; the loaded table is
// at 2.
int LoadModule(lua_State* L) {
  const char* name = luaL_checkstring(L, 1);
  RunContext& context = ContextOf(L);
  if (!IsModuleName(name)) {
    return luaL_error(L, "module name '%s' is not valid, expected words with dots between them",
                      name);
  }
  if (FindSource(context, name) != Found::kYes) {
    return luaL_error(L, "module '%s' not found: %s", name, context.problem.c_str());
  }
  BeginLoading(L, name);
  const int status =
      luaL_loadbufferx(L, context.text.data(), context.text.size(), context.problem.c_str(), "t");
  context.text.clear();
  if (status != LUA_OK) return lua_error(L);
  lua_pushvalue(L, 1);
  lua_call(L, 1, 1);
  if (lua_isnil(L, -1)) {
    lua_pop(L, 1);
    lua_pushboolean(L, 1);
  }
  lua_pushvalue(L, -1);
  lua_setfield(L, 2, name);
  return 1;
}

int Require(lua_State* L) {
  size_t size = 0;
  const char* name = luaL_checklstring(L, 1, &size);
  if (std::strlen(name) != size) return luaL_error(L, "module name '%s' is not valid", name);
  lua_settop(L, 1);
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
  if (lua_getfield(L, 2, lua_tostring(L, 1)) != LUA_TNIL) return 1;
  lua_pop(L, 1);
  return LoadModule(L);
}

}  // namespace

void OpenRequire(lua_State* L) {
  lua_pushcfunction(L, Require);
  lua_setglobal(L, "require");
}

void ProvideModule(lua_State* L, const char* name) {
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
  lua_insert(L, -2);
  lua_setfield(L, -2, name);
  lua_pop(L, 1);
}

void RequireModule(lua_State* L, const char* name) {
  lua_pushcfunction(L, Require);
  lua_pushstring(L, name);
  lua_call(L, 1, 1);
}

}  // namespace carrel::lua
