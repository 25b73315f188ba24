#include "runtime/report/sandbox_inspector.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "runtime/base/json.h"
#include "sandbox/session.h"

namespace carrel::report {
namespace {

using manifest::EntrypointFacts;
using manifest::EntrypointKind;
using manifest::EntrypointQuery;
using manifest::Language;
using manifest::WorkbookFacts;
using manifest::WorkbookQuery;

// Parsing has no business with an API.
class NoCalls final : public sandbox::SessionHandler {
 public:
  Answer OnCall(const Json&, std::string_view, std::stop_token) override {
    return {{{"error", "an inspection makes no calls"}}, {}};
  }
  void OnProgress(const Json&) override {}
  void OnLog(std::string_view) override {}
};

Result<Json> Ask(WorkerPool& pool, const char* language, const std::filesystem::path& checkout,
                 Json job) {
  CARREL_ASSIGN_OR_RETURN(const auto zygote, pool.Get(language));
  CARREL_ASSIGN_OR_RETURN(const std::string subtree, pool.Subtree(checkout));
  job["kind"] = "inspect";
  sandbox::SessionJob session{.subtree = subtree, .job = std::move(job)};
  session.limits.wall_s = 60;
  session.limits.calls = 0;
  NoCalls handler;
  sandbox::WorkerOutcome outcome = RunSession(*zygote, session, handler, {});
  if (outcome.verdict == sandbox::Verdict::kDone) return std::move(outcome.payload);
  const Code code =
      outcome.verdict == sandbox::Verdict::kSandboxError ? Code::kSandbox : Code::kInvalid;
  return Fail(code, fmt::format("inspection of the repository: {}: {}",
                                sandbox::VerdictName(outcome.verdict), outcome.reason));
}

EntrypointKind ParseKind(const std::string& kind) {
  constexpr std::array<std::pair<const char*, EntrypointKind>, 4> kKinds = {{
      {"function", EntrypointKind::kFunction},
      {"generator", EntrypointKind::kGenerator},
      {"coroutine", EntrypointKind::kCoroutine},
      {"async_generator", EntrypointKind::kAsyncGenerator},
  }};
  for (const auto& [name, value] : kKinds) {
    if (kind == name) return value;
  }
  return EntrypointKind::kBound;
}

// A worker's answer is a stranger's: wrong types read as absent.
template <typename T>
T Number(const Json& object, const char* key, T fallback) {
  const auto it = object.find(key);
  return it != object.end() && it->is_number_integer() ? it->get<T>() : fallback;
}

bool Flag(const Json& object, const char* key) {
  const auto it = object.find(key);
  return it != object.end() && it->is_boolean() && it->get<bool>();
}

std::vector<std::string> Names(const Json& object, const char* key) {
  std::vector<std::string> names;
  if (const auto it = object.find(key); it != object.end() && it->is_array()) {
    for (const Json& name : *it) {
      if (name.is_string()) names.push_back(name.get<std::string>());
    }
  }
  return names;
}

EntrypointFacts ParseEntrypoint(const Json& json) {
  return {.parsed = Flag(json, "parsed"),
          .error = JsonString(json, "error"),
          .line = Number(json, "line", 0),
          .column = Number(json, "column", 0),
          .found = Flag(json, "found"),
          .kind = ParseKind(JsonString(json, "kind")),
          .min_positional = Number(json, "min_positional", 0),
          .max_positional = Number(json, "max_positional", -1),
          .functions = Names(json, "functions")};
}

WorkbookFacts ParseWorkbook(const Json& json) {
  return {.readable = Flag(json, "readable"),
          .error = JsonString(json, "error"),
          .sheets = Names(json, "sheets")};
}

Result<const Json*> Answers(const Json& outcome, const char* key, size_t expected) {
  const auto it = outcome.find(key);
  if (it == outcome.end() || !it->is_array() || it->size() != expected ||
      !std::ranges::all_of(*it, [](const Json& j) { return j.is_object(); })) {
    return Fail(Code::kProtocol, fmt::format("inspection: not one answer a question in '{}'", key));
  }
  return &*it;
}

}  // namespace

Result<std::vector<EntrypointFacts>> SandboxInspector::Entrypoints(
    const std::filesystem::path& checkout, std::span<const EntrypointQuery> queries) {
  std::vector<EntrypointFacts> facts(queries.size());
  for (const Language language : {Language::kPython, Language::kLua}) {
    Json questions = Json::array();
    std::vector<size_t> places;
    for (size_t i = 0; i < queries.size(); ++i) {
      if (queries[i].language != language) continue;
      questions.push_back({{"file", queries[i].file}, {"function", queries[i].function}});
      places.push_back(i);
    }
    if (places.empty()) continue;
    const char* name = language == Language::kPython ? "python" : "lua";
    CARREL_ASSIGN_OR_RETURN(const Json outcome,
                            Ask(pool_, name, checkout, {{"entrypoints", questions}}));
    CARREL_ASSIGN_OR_RETURN(const Json* answers, Answers(outcome, "entrypoints", places.size()));
    for (size_t i = 0; i < places.size(); ++i) facts[places[i]] = ParseEntrypoint((*answers)[i]);
  }
  return facts;
}

Result<std::vector<WorkbookFacts>> SandboxInspector::Workbooks(
    const std::filesystem::path& checkout, std::span<const WorkbookQuery> queries) {
  if (queries.empty()) return std::vector<WorkbookFacts>();
  Json questions = Json::array();
  for (const WorkbookQuery& query : queries) questions.push_back({{"file", query.file}});
  // Any language's worker can read a workbook; the Lua one starts fastest.
  CARREL_ASSIGN_OR_RETURN(const Json outcome,
                          Ask(pool_, "lua", checkout, {{"workbooks", questions}}));
  CARREL_ASSIGN_OR_RETURN(const Json* answers, Answers(outcome, "workbooks", queries.size()));
  std::vector<WorkbookFacts> facts;
  for (const Json& answer : *answers) facts.push_back(ParseWorkbook(answer));
  return facts;
}

}  // namespace carrel::report
