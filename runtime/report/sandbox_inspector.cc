#include "runtime/report/sandbox_inspector.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
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

using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr std::string_view kInspection = "inspection of the repository";
constexpr seconds kBatchTime{60};
// When one file of a batch ended the worker, each is asked for alone.
constexpr seconds kFileTime{20};
constexpr seconds kAllFilesTime{120};

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
                 Json job, std::chrono::seconds time = kBatchTime) {
  CARREL_ASSIGN_OR_RETURN(const auto zygote, pool.Get(language));
  CARREL_ASSIGN_OR_RETURN(const std::string subtree, pool.Subtree(checkout));
  job["kind"] = "inspect";
  sandbox::SessionJob session{.subtree = subtree, .job = std::move(job)};
  session.limits.wall_s = time.count();
  session.limits.calls = 0;
  NoCalls handler;
  sandbox::WorkerOutcome outcome = RunSession(*zygote, session, handler, {});
  if (outcome.verdict == sandbox::Verdict::kDone) return std::move(outcome.payload);
  const Code code =
      outcome.verdict == sandbox::Verdict::kSandboxError ? Code::kSandbox : Code::kInvalid;
  return Fail(code, fmt::format("{}: {}", sandbox::VerdictName(outcome.verdict), outcome.reason));
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
    return Fail(Code::kProtocol, fmt::format("not one answer a question in '{}'", key));
  }
  return &*it;
}

Result<std::vector<WorkbookFacts>> AskWorkbooks(WorkerPool& pool,
                                                const std::filesystem::path& checkout,
                                                std::span<const std::string> files, seconds time) {
  Json questions = Json::array();
  for (const std::string& file : files) questions.push_back({{"file", file}});
  // Any language's worker can read a workbook; the Lua one starts fastest.
  CARREL_ASSIGN_OR_RETURN(const Json outcome,
                          Ask(pool, "lua", checkout, {{"workbooks", questions}}, time));
  CARREL_ASSIGN_OR_RETURN(const Json* answers, Answers(outcome, "workbooks", files.size()));
  std::vector<WorkbookFacts> facts;
  for (const Json& answer : *answers) facts.push_back(ParseWorkbook(answer));
  return facts;
}

// One of the files ends the worker, which one nobody knows: each gets a worker of its own.
Result<std::vector<WorkbookFacts>> AskOneByOne(WorkerPool& pool,
                                               const std::filesystem::path& checkout,
                                               std::span<const std::string> files) {
  const auto deadline = steady_clock::now() + kAllFilesTime;
  std::vector<WorkbookFacts> facts;
  for (const std::string& file : files) {
    const seconds left = std::chrono::duration_cast<seconds>(deadline - steady_clock::now());
    if (left < seconds(1)) {
      facts.push_back({.readable = false,
                       .error = "not read: the other workbooks took too long",
                       .sheets = {}});
      continue;
    }
    auto answer = AskWorkbooks(pool, checkout, std::span(&file, 1), std::min(left, kFileTime));
    if (answer) {
      facts.push_back(std::move(answer->front()));
    } else if (answer.error().code == Code::kSandbox) {
      return std::unexpected(answer.error());
    } else {
      facts.push_back({.readable = false,
                       .error = fmt::format("reading it: {}", answer.error().message),
                       .sheets = {}});
    }
  }
  return facts;
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
    const auto outcome = Ask(pool_, name, checkout, {{"entrypoints", questions}});
    if (!outcome) return Wrap(outcome.error(), kInspection);
    CARREL_ASSIGN_OR_RETURN(const Json* answers, Answers(*outcome, "entrypoints", places.size()));
    for (size_t i = 0; i < places.size(); ++i) facts[places[i]] = ParseEntrypoint((*answers)[i]);
  }
  return facts;
}

Result<std::vector<WorkbookFacts>> SandboxInspector::Workbooks(
    const std::filesystem::path& checkout, std::span<const WorkbookQuery> queries) {
  // Many reports may share a workbook.
  std::map<std::string, size_t> places;
  std::vector<std::string> files;
  for (const WorkbookQuery& query : queries) {
    if (places.emplace(query.file, files.size()).second) files.push_back(query.file);
  }
  if (files.empty()) return std::vector<WorkbookFacts>();
  auto read = AskWorkbooks(pool_, checkout, files, kBatchTime);
  if (!read && read.error().code == Code::kInvalid) read = AskOneByOne(pool_, checkout, files);
  if (!read) return Wrap(read.error(), kInspection);
  std::vector<WorkbookFacts> facts;
  facts.reserve(queries.size());
  for (const WorkbookQuery& query : queries) facts.push_back((*read)[places[query.file]]);
  return facts;
}

}  // namespace carrel::report
