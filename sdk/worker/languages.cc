#include "sdk/worker/languages.h"

#include "sdk/lua/lua_host.h"

namespace carrel::sdk {
namespace {

constexpr LanguageRow kLanguages[] = {
    {"python", nullptr},
    {"lua", [] { return lua::MakeLuaHost(); }},
};

}  // namespace

std::span<const LanguageRow> Languages() { return kLanguages; }

}  // namespace carrel::sdk
