#include "sdk/worker/languages.h"

#include "sdk/lua/lua_host.h"
#include "sdk/python/python_host.h"

namespace carrel::sdk {
namespace {

// Where the launcher mounts the packages of sdk/python inside the sandbox.
constexpr const char* kPythonPackages = "/carrel/packages";

constexpr LanguageRow kLanguages[] = {
    {"python", [] { return python::MakePythonHost({.packages_dir = kPythonPackages}); }},
    {"lua", [] { return lua::MakeLuaHost(); }},
};

}  // namespace

std::span<const LanguageRow> Languages() { return kLanguages; }

}  // namespace carrel::sdk
