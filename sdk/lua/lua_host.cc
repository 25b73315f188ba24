#include "sdk/lua/lua_host.h"

#include <fcntl.h>
#include <malloc.h>

#include <filesystem>
#include <lua.hpp>
#include <string_view>

#include "runtime/base/files.h"
#include "runtime/base/unique_fd.h"
#include "sdk/lua/failure.h"
#include "sdk/lua/inspect.h"
#include "sdk/lua/lua_state.h"
#include "sdk/lua/report_run.h"

namespace carrel::lua {
namespace {

constexpr std::string_view kRehearsedReport =
    "return { generate = function() return { { 1, \"text\", 0.5 }, { 2, \"text\", 1.5 } } end }\n";

struct Sink {
  std::string* code;
  std::string problem;
};

int AppendCode(lua_State*, const void* bytes, size_t size, void* user) {
  auto& sink = *static_cast<Sink*>(user);
  return Contain(sink.problem, [&] { sink.code->append(static_cast<const char*>(bytes), size); })
             ? 0
             : 1;
}

Result<std::string> Compile(const EmbeddedSource& source) {
  MemoryBudget budget{.limit = size_t{64} << 20};
  const LuaState state = NewLuaState(budget);
  if (!state) return Fail(Code::kLimit, "not enough memory");
  if (luaL_loadbufferx(state.get(), source.text.data(), source.text.size(), source.chunk_name,
                       "t") != LUA_OK) {
    return Fail(Code::kInternal, lua_tostring(state.get(), -1));
  }
  std::string code;
  Sink sink{.code = &code, .problem = {}};
  if (lua_dump(state.get(), AppendCode, &sink, 0) != 0) return Fail(Code::kInternal, sink.problem);
  return code;
}

class LuaHost final : public sdk::LanguageHost {
 public:
  explicit LuaHost(const LuaLimits& limits) : limits_(limits) {}

  Status Warm() override {
    // Large blocks stay mappings of their own, which grow in place and go back when freed: what a
    // state has used stays close to what its budget counted.
    mallopt(M_MMAP_THRESHOLD, 1 << 17);
    mallopt(M_TRIM_THRESHOLD, 1 << 20);
    for (size_t i = 0; i < sources_.size(); ++i) {
      CARREL_ASSIGN_OR_RETURN(sources_.at(i), Compile(kEmbeddedSources[i]));
    }
    CARREL_ASSIGN_OR_RETURN(ready_, MakeReadyState(sources_));
    return {};
  }

  std::optional<sdk::Rehearsal> Practice(const std::filesystem::path& scratch) override {
    if (scratch.empty()) return std::nullopt;
    rehearsed_ = scratch / "carrel_rehearsed_report.lua";
    const UniqueFd file(
        ::open(rehearsed_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file || !WriteAll(file.get(), kRehearsedReport)) return std::nullopt;
    return sdk::Rehearsal{scratch.string(), "carrel_rehearsed_report.generate"};
  }

  void Forget() override {
    std::error_code ignored;
    std::filesystem::remove(rehearsed_, ignored);
    run_.reset();
    if (auto ready = MakeReadyState(sources_)) ready_ = std::move(*ready);
  }

  sdk::ReportEnd Run(const sdk::ReportJob& job, sdk::ReportPort& port,
                     render::Renderer* renderer) override {
    if (renderer == nullptr) {
      return Failed("error", "a Lua report cannot be rendered as " + job.renderer_type);
    }
    run_.reset();
    if (!ready_) {
      auto ready = MakeReadyState(sources_);
      if (!ready) return Failed("memory", ready.error().message);
      ready_ = std::move(*ready);
    }
    run_.emplace(std::move(ready_), MemoryLimit(BudgetOf(job)), job, port, *renderer);
    sdk::ReportEnd end;
    try {
      end = run_->Execute();
    } catch (const std::bad_alloc&) {  // outside of Lua
      end = Failed("memory", "not enough memory");
    }
    if (end.failure) run_.reset();  // there may be no memory left to tell of it
    return end;
  }

  bool RendersItself(std::string_view) const override { return false; }

  Json InspectEntrypoint(const std::filesystem::path& root,
                         const sdk::EntrypointQuery& query) override {
    return Inspect(root, query);
  }

 private:
  // Below what the worker may use, so that Lua says "not enough memory" before the kernel ends it.
  size_t BudgetOf(const sdk::ReportJob& job) const {
    if (limits_.memory_bytes != 0) return limits_.memory_bytes;
    return job.memory_bytes / 4 * 3;
  }

  static sdk::ReportEnd Failed(const char* kind, std::string_view message) {
    sdk::ReportEnd end;
    end.failure = std::make_unique<sdk::ReportFailure>(MakeFailure(kind, message));
    return end;
  }

  const LuaLimits limits_;
  CompiledSources sources_;            // constant after Warm
  std::unique_ptr<ReadyState> ready_;  // for the next run
  // The last one that went well: nobody waits until all that a report has made is taken apart.
  std::optional<ReportRun> run_;
  std::filesystem::path rehearsed_;
};

}  // namespace

std::unique_ptr<sdk::LanguageHost> MakeLuaHost(const LuaLimits& limits) {
  return std::make_unique<LuaHost>(limits);
}

}  // namespace carrel::lua
