// Drives one RepositoryCache from the command line, for tests that need whole processes: two at
// work at once, one killed half way. It is its own git helper, as the product's binary is.
//
//   carrel_git_tool ROOT OPERATION [ARGUMENT...] < OPTIONS.json
//
// Prints one JSON line: {"result": ...} or {"error": {"code", "message"}}.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include "runtime/base/json.h"
#include "runtime/git/helper.h"
#include "runtime/git/repository_cache.h"
#include "runtime/git/wire.h"

namespace carrel::git {
namespace {

uint64_t NumberOr(const Json& json, const char* key, uint64_t fallback) {
  return json.contains(key) ? json[key].get<uint64_t>() : fallback;
}

CacheOptions OptionsFor(const std::string& root, const Json& json) {
  CacheOptions options;
  options.mirrors = root + "/mirrors";
  options.checkouts = root + "/checkouts";
  options.helper = {"/proc/self/exe", "helper"};
  options.urls.local = Permission::kAllowed;
  options.deadline = std::chrono::milliseconds(NumberOr(json, "deadline_ms", 60'000));
  return options;
}

Source SourceFor(const std::string& url, const Json& json) {
  Source source;
  source.url = url;
  source.known_hosts = JsonString(json, "known_hosts");
  source.ca_file = JsonString(json, "ca_file");
  if (json.value("accept_new", false)) source.host_keys = HostKeyPolicy::kAcceptNew;
  if (json.contains("password")) {
    source.credentials =
        PasswordCredentials{JsonString(json, "user"), JsonString(json, "password")};
  } else if (json.contains("key") || json.contains("key_file")) {
    source.credentials = SshKeyCredentials{JsonString(json, "key"), JsonString(json, "key_file"),
                                           JsonString(json, "passphrase")};
  } else if (json.value("agent", false)) {
    source.credentials = SshAgentCredentials{};
  }
  return source;
}

SyncOptions SyncOptionsFor(const Json& json) {
  SyncOptions options;
  options.limits.max_bytes = NumberOr(json, "max_bytes", options.limits.max_bytes);
  options.limits.max_objects = NumberOr(json, "max_objects", options.limits.max_objects);
  options.limits.max_object_bytes =
      NumberOr(json, "max_object_bytes", options.limits.max_object_bytes);
  options.limits.deadline = std::chrono::milliseconds(NumberOr(json, "deadline_ms", 60'000));
  options.progress = [](const SyncProgress& progress) {
    std::cerr << ToJson(progress).dump() << '\n';
  };
  return options;
}

ExportLimits ExportLimitsFor(const Json& json) {
  ExportLimits limits;
  limits.max_files = NumberOr(json, "max_files", limits.max_files);
  limits.max_bytes = NumberOr(json, "max_bytes", limits.max_bytes);
  limits.max_file_bytes = NumberOr(json, "max_file_bytes", limits.max_file_bytes);
  limits.max_depth = static_cast<int>(NumberOr(json, "max_depth", 32));
  return limits;
}

template <typename T>
Result<Json> Encoded(const Result<T>& result) {
  if (!result) return std::unexpected(result.error());
  return ToJson(*result);
}

Result<Json> Run(const std::vector<std::string>& words, const Json& json) {
  const RepositoryCache cache(OptionsFor(words[0], json));
  const std::string& operation = words[1];
  const std::string first = words.size() > 2 ? words[2] : "";
  const std::string second = words.size() > 3 ? words[3] : "";
  if (operation == "sync") {
    return Encoded(cache.Sync(SourceFor(first, json), SyncOptionsFor(json)));
  }
  if (operation == "tags") return Encoded(cache.ListTags(first));
  if (operation == "resolve") return Encoded(cache.Resolve(first, second));
  if (operation == "export") return Encoded(cache.Export(first, second, ExportLimitsFor(json)));
  if (operation == "export-directory") {
    return Encoded(cache.ExportDirectory(first, ExportLimitsFor(json)));
  }
  if (operation == "remove") {
    CARREL_TRY(cache.Remove(first));
    return Json(true);
  }
  if (operation == "sweep") {
    CARREL_ASSIGN_OR_RETURN(const int removed, cache.Sweep());
    return Json(removed);
  }
  return Fail(Code::kUsage, "unknown operation " + operation);
}

int Main(const std::vector<std::string>& words) {
  if (words.size() == 1 && words[0] == "helper") return HelperMain();
  if (words.size() < 2) {
    std::cerr << "carrel_git_tool ROOT OPERATION [ARGUMENT...]\n";
    return 2;
  }
  const std::string text(std::istreambuf_iterator<char>(std::cin), {});
  const Json options = text.empty() ? Json::object() : Json::parse(text);
  const Result<Json> result = Run(words, options);
  const Json line = result ? Json{{"result", *result}} : Json{{"error", ToJson(result.error())}};
  std::cout << DumpJson(line) << '\n';
  return result ? 0 : 1;
}

}  // namespace
}  // namespace carrel::git

int main(int argc, char** argv) {
  return carrel::git::Main(std::vector<std::string>(argv + 1, argv + argc));
}
