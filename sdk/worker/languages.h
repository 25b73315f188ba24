// The languages that report code may be written in.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "sdk/worker/language_host.h"

namespace carrel::sdk {

struct LanguageRow {
  std::string_view name;  // as in reports.json
  std::unique_ptr<LanguageHost> (*make)();
};

std::span<const LanguageRow> Languages();

}  // namespace carrel::sdk
