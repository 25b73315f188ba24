// Credentials of a repository as the text that is sealed and stored.
#pragma once

#include <string>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/git/types.h"

namespace carrel::report {

// Empty when there are none.
std::string CredentialsToText(const git::Credentials& credentials);
Result<git::Credentials> CredentialsFromText(std::string_view text);

}  // namespace carrel::report
