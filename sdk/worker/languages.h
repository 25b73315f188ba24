// The languages that report code may be written in, as one worker program knows them.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "sdk/worker/language_host.h"

namespace carrel::sdk {

struct LanguageRow {
  std::string_view name;  // as in reports.json
  // Null: the language has a worker program of its own, this one's path with "-" and the name.
  std::unique_ptr<LanguageHost> (*make)();
};

// Each worker program links one definition: languages.cc, or that of a language with a program of
// its own, such as python_language.cc.
std::span<const LanguageRow> Languages();

}  // namespace carrel::sdk
