#include "runtime/report/credentials.h"

#include "runtime/base/json.h"

namespace carrel::report {
namespace {

struct ToText {
  std::string operator()(const std::monostate&) const { return {}; }
  std::string operator()(const git::PasswordCredentials& value) const {
    return DumpJson({{"type", "password"}, {"user", value.user}, {"password", value.password}});
  }
  std::string operator()(const git::SshKeyCredentials& value) const {
    return DumpJson({{"type", "ssh_key"},
                     {"key", value.key},
                     {"file", value.file.string()},
                     {"passphrase", value.passphrase}});
  }
  std::string operator()(const git::SshAgentCredentials&) const {
    return DumpJson({{"type", "ssh_agent"}});
  }
};

}  // namespace

std::string CredentialsToText(const git::Credentials& credentials) {
  return std::visit(ToText{}, credentials);
}

Result<git::Credentials> CredentialsFromText(std::string_view text) {
  if (text.empty()) return git::Credentials();
  const auto json = ParseJson(text);
  if (!json) return Fail(Code::kInternal, "stored credentials: not JSON");  // the text stays secret
  const std::string type = JsonString(*json, "type");
  if (type == "password") {
    return git::PasswordCredentials{JsonString(*json, "user"), JsonString(*json, "password")};
  }
  if (type == "ssh_key") {
    return git::SshKeyCredentials{JsonString(*json, "key"), JsonString(*json, "file"),
                                  JsonString(*json, "passphrase")};
  }
  if (type == "ssh_agent") return git::SshAgentCredentials{};
  return Fail(Code::kInternal, "stored credentials: of an unknown type");
}

}  // namespace carrel::report
