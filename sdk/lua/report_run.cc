#include "sdk/lua/report_run.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <lua.hpp>

#include "runtime/base/clock.h"
#include "sdk/lua/failure.h"
#include "sdk/lua/json_codec.h"
#include "sdk/lua/libraries.h"
#include "sdk/lua/modules.h"
#include "sdk/lua/native.h"

namespace carrel::lua {
namespace {

// Argument 1: module name; 2: function name. Returns the function.
int LoadEntryPoint(lua_State* L) {
  const char* module = lua_tostring(L, 1);
  RequireModule(L, module);
  if (lua_type(L, -1) != LUA_TTABLE) {
    return luaL_error(L, "module '%s' returns a %s, expected a table with function '%s'", module,
                      lua_toboolean(L, -1) != 0 ? luaL_typename(L, -1) : "nothing",
                      lua_tostring(L, 2));
  }
  lua_pushvalue(L, 2);
  if (lua_rawget(L, -2) != LUA_TFUNCTION) {
    return luaL_error(L, "module '%s' has no function '%s' in the table it returns", module,
                      lua_tostring(L, 2));
  }
  return 1;
}

void PushText(lua_State* L, const std::string& text) {
  lua_pushlstring(L, text.data(), text.size());
}

int FindEntryPoint(lua_State* L) {
  const std::string& entrypoint = ContextOf(L).job->entrypoint;
  const size_t dot = entrypoint.rfind('.');
  if (dot == std::string::npos || dot == 0) {
    return luaL_error(L, "entry point '%s' is not of the form module.function", entrypoint.c_str());
  }
  lua_pushcfunction(L, LoadEntryPoint);
  lua_pushlstring(L, entrypoint.data(), dot);
  lua_pushlstring(L, entrypoint.data() + dot + 1, entrypoint.size() - dot - 1);
  lua_call(L, 2, 1);
  return 1;
}

// Argument 1: the function. Returns it with its arguments: client, parameters, progress and, for
// spec 2, renderer type and extra context callback.
int PushArguments(lua_State* L) {
  const sdk::ReportJob& job = *ContextOf(L).job;
  luaL_checkstack(L, 12, nullptr);
  lua_getfield(L, LUA_REGISTRYINDEX, kNative);
  lua_getfield(L, 2, "make_client");
  PushText(L, job.connection);
  PushText(L, job.endpoint);
  PushText(L, job.api_key);
  lua_pushinteger(L, job.default_limit);
  lua_call(L, 4, 1);
  if (job.parameters.is_object()) {
    PushJson(L, job.parameters);
  } else {
    lua_createtable(L, 0, 0);
  }
  lua_getfield(L, 2, "progress");
  int count = 4;
  if (job.spec != "1") {
    PushText(L, job.renderer_type);
    lua_getfield(L, 2, "extra_context");
    count = 6;
  }
  lua_remove(L, 2);
  return count;
}

int EncodeRow(lua_State* L) {
  ContextOf(L).text.clear();
  EncodeJson(L, 1);
  return 0;
}

struct TableKeys {
  int64_t count = 0;
  int64_t highest = 0;  // position
  bool named = false;   // a key that is no position
};

// Of the table at the top.
TableKeys KeysOf(lua_State* L) {
  TableKeys keys;
  for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1)) {
    const int64_t position = lua_isinteger(L, -2) != 0 ? lua_tointeger(L, -2) : 0;
    keys.named |= position < 1;
    keys.highest = std::max(keys.highest, position);
    ++keys.count;
  }
  return keys;
}

std::optional<sdk::ReportFailure> AsFailure(const Status& status) {
  if (status) return std::nullopt;
  return MakeFailure("render", status.error().message);
}

}  // namespace

ReportRun::ReportRun(std::unique_ptr<ReadyState> ready, size_t memory_limit,
                     const sdk::ReportJob& job, sdk::ReportPort& port, render::Renderer& renderer)
    : renderer_(renderer), ready_(std::move(ready)) {
  ready_->budget.limit = memory_limit;
  context_.job = &job;
  context_.port = &port;
  SetContext(ready_->state.get(), context_);
}

sdk::ReportEnd ReportRun::Execute() {
  Failure failure = Begin();
  if (!failure) failure = CallGenerate();
  if (!failure) failure = Drain();
  if (!failure) failure = AsFailure(renderer_.Finish(FormatIso(SystemClock().Now())));
  sdk::ReportEnd end;
  end.rows = renderer_.rows();
  if (failure) end.failure = std::make_unique<sdk::ReportFailure>(std::move(*failure));
  return end;
}

ReportRun::Failure ReportRun::Begin() {
  const std::string root = context_.job->root.string();
  context_.root.Reset(open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!context_.root) return MakeFailure("load", FailErrno(root).error().message);
  lua_pushcfunction(ready_->state.get(), SeedRandom);
  return Protected(0, 0, "error");
}

ReportRun::Failure ReportRun::CallGenerate() {
  lua_State* L = ready_->state.get();
  lua_pushcfunction(L, FindEntryPoint);
  if (Failure failure = Protected(0, 1, "load")) return failure;
  lua_pushcfunction(L, PushArguments);
  lua_insert(L, -2);
  if (Failure failure = Protected(1, LUA_MULTRET, "error")) return failure;
  return Protected(lua_gettop(L) - 1, 1, "error");
}

ReportRun::Failure ReportRun::Protected(int arguments, int results, const char* kind) {
  lua_State* L = ready_->state.get();
  const int function = lua_gettop(L) - arguments;
  if (lua_checkstack(L, LUA_MINSTACK) == 0) return MakeFailure("memory", "not enough memory");
  lua_pushcfunction(L, KeepTraceback);
  lua_insert(L, function);
  context_.traceback.clear();
  const int status = lua_pcall(L, arguments, results, function);
  lua_remove(L, function);
  if (status == LUA_OK) return std::nullopt;
  return TakeFailure(L, status, kind);
}

ReportRun::Failure ReportRun::Drain() {
  lua_State* L = ready_->state.get();
  const int type = lua_type(L, -1);
  if (type == LUA_TFUNCTION) return DrainFunction();
  if (type == LUA_TTHREAD) return DrainCoroutine();
  if (type != LUA_TTABLE) {
    return MakeFailure("error", fmt::format("the report returned a {} value, expected an array of "
                                            "rows, an iterator function or a coroutine",
                                            lua_typename(L, type)));
  }
  const bool plain = lua_getmetatable(L, -1) == 0;
  if (!plain) lua_pop(L, 1);
  if (!plain && TagOf(L, -1) != Tag::kArray) {
    return MakeFailure("error",
                       "the report returned an object, expected an array of rows, an "
                       "iterator function (as rs:iter() gives) or a coroutine");
  }
  const TableKeys keys = KeysOf(L);
  if (keys.named) {
    if (renderer_.shape() == render::Shape::kValues) return WriteDocument();
    return MakeFailure("error",
                       "the report returned a table with named fields, expected an array "
                       "of rows");
  }
  if (!IsDense(keys.highest, keys.count)) {
    return MakeFailure("error", fmt::format("the report returned {} rows in an array that ends at "
                                            "position {}: it has too many holes",
                                            keys.count, keys.highest));
  }
  return DrainArray(keys.highest);
}

ReportRun::Failure ReportRun::DrainArray(int64_t length) {
  lua_State* L = ready_->state.get();
  for (int64_t i = 1; i <= length; ++i) {
    lua_rawgeti(L, -1, i);
    if (Failure failure = WriteRow(i)) return failure;
    lua_pop(L, 1);
  }
  return std::nullopt;
}

ReportRun::Failure ReportRun::DrainFunction() {
  lua_State* L = ready_->state.get();
  for (int64_t number = 1;; ++number) {
    lua_pushvalue(L, -1);
    if (Failure failure = Protected(0, 1, "error")) return failure;
    if (lua_isnil(L, -1)) return std::nullopt;
    if (Failure failure = WriteRow(number)) return failure;
    lua_pop(L, 1);
  }
}

ReportRun::Failure ReportRun::DrainCoroutine() {
  lua_State* L = ready_->state.get();
  lua_State* coroutine = lua_tothread(L, -1);
  if (lua_status(coroutine) == LUA_OK && lua_gettop(coroutine) == 0) {
    return MakeFailure("error", "the report returned a coroutine that has already ended");
  }
  for (int64_t number = 1;; ++number) {
    int results = 0;
    const int status = lua_resume(coroutine, L, 0, &results);
    if (status == LUA_OK) return std::nullopt;
    if (status != LUA_YIELD) {
      KeepTracebackOf(L, coroutine);
      lua_xmove(coroutine, L, 1);
      return TakeFailure(L, status, "error");
    }
    if (lua_checkstack(L, 8) == 0) return MakeFailure("memory", "not enough memory");
    lua_settop(coroutine, lua_gettop(coroutine) - results + (results > 0 ? 1 : 0));
    if (results == 0) {
      lua_pushnil(L);
    } else {
      lua_xmove(coroutine, L, 1);
    }
    if (Failure failure = WriteRow(number)) return failure;
    lua_pop(L, 1);
  }
}

ReportRun::Failure ReportRun::EncodeTop() {
  lua_State* L = ready_->state.get();
  lua_pushcfunction(L, EncodeRow);
  lua_pushvalue(L, -2);
  return Protected(1, 0, "error");
}

ReportRun::Failure ReportRun::WriteRow(int64_t number) {
  lua_State* L = ready_->state.get();
  if (renderer_.shape() == render::Shape::kCells) {
    auto row = reader_.Read(L);
    if (!row) {
      return MakeFailure("error", fmt::format("row {} {}", number, row.error().message));
    }
    return AsFailure(renderer_.WriteRow(*row));
  }
  if (Failure failure = EncodeTop()) {
    const std::string column =
        context_.column > 0 ? fmt::format("column {}: ", context_.column) : "";
    failure->message = fmt::format("row {}: {}{}", number, column, failure->message);
    return failure;
  }
  return AsFailure(renderer_.WriteValue(context_.text));
}

ReportRun::Failure ReportRun::WriteDocument() {
  if (Failure failure = EncodeTop()) return failure;
  return AsFailure(renderer_.WriteDocument(context_.text));
}

}  // namespace carrel::lua
