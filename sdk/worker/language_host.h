// What a language must offer to run reports, and what a running report may ask of the world.
// sdk/python and sdk/lua implement LanguageHost; sdk/worker gives them the ReportPort.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/json.h"
#include "runtime/base/result.h"
#include "sandbox/places.h"
#include "sdk/render/renderer.h"

namespace carrel::sdk {

// One request of report code to an API, answered by the host.
struct ApiCall {
  std::string connection;  // name; empty with an absolute URL in `path` for plain HTTP libraries
  std::string method;      // "GET"
  std::string path;        // relative to the connection's base URL
  std::string query;       // raw, put on the wire as it stands
  std::map<std::string, std::string> headers;
  std::string body;
};

struct ApiReply {
  int status = 0;
  std::map<std::string, std::string> headers;
  std::string body;
};

// The worker's one door. Thread-safe: report code may call from its own threads.
class ReportPort {
 public:
  virtual ~ReportPort() = default;
  // Blocks until the host answers; the caller releases its interpreter lock first. An error is a
  // refusal or a failure of the host (its message says why), never an HTTP status.
  virtual Result<ApiReply> Call(const ApiCall& call) = 0;
  // Coalesced: at most 10 updates a second leave the worker.
  virtual void Progress(double value, double max) = 0;
};

// The job, as report code sees it. Paths are inside the sandbox.
struct ReportJob {
  std::filesystem::path root;         // the checkout
  std::filesystem::path environment;  // packages installed for it; empty: none
  std::string entrypoint;             // "reports.sla.entrypoint.generate"
  std::string spec;                   // "1" or "2"
  std::string local_id, report_name, report_description;
  std::string renderer_type;  // 4th argument of a spec 2 entry point
  std::string template_path;  // of the renderer, relative to root
  Json renderer_args;
  OrderedJson parameters;   // id -> value
  std::string endpoint;     // client.endpoint
  std::string api_key;      // client.api_key: a placeholder
  std::string connection;   // the connection behind `client`
  size_t memory_bytes = 0;  // what the worker may use; 0: not told
  int default_limit = 500;  // client page size
  render::RunInfo info;
  int output_fd = -1;
};

// Why report code failed.
struct ReportFailure {
  // "error"     an exception or a wrong result of the report
  // "expected"  the report said so itself (RuntimeError; Lua: error{expected=true,...})
  // "load"      module or function missing, syntax error
  // "api"       an API error left the report; status is set
  // "render"    a row or cell that the output format cannot hold
  // "memory", "threads", "files", "tmp"   ran into that limit of the sandbox
  std::string kind;
  std::string message;    // one line
  std::string traceback;  // at most 64 KiB, UTF-8
  int status = 0;         // kind "api"
};

struct ReportEnd {
  std::unique_ptr<ReportFailure> failure;  // null: the report ran to its end
  uint64_t rows = 0;
};

// A report of our own, run for practice.
struct Rehearsal {
  std::string root, entrypoint;
};

struct EntrypointQuery {
  std::string file;  // relative to root
  std::string function;
};

// One language. Warm runs in the zygote, everything else in a worker. Single-threaded except that
// report code may start threads of its own during Run.
class LanguageHost {
 public:
  virtual ~LanguageHost() = default;

  // Ahead of Warm: where the language's own parts of the root are.
  virtual void Locate(const sandbox::Places&) {}

  // Starts the interpreter and imports what reports need. Called once, before any fork.
  virtual Status Warm() = 0;

  // Around every fork of the zygote.
  virtual void BeforeFork() {}
  virtual void AfterForkInParent() {}
  virtual void AfterForkInChild() {}

  // A report of our own to be run to its end before any job is known: in the zygote, so that what
  // is made once is not made by each worker, and in a parked worker, so that the pages that every
  // run writes are the worker's already. `scratch` is an empty directory; empty in the zygote,
  // which has none. Nothing: there is no such report. Forget removes what it left.
  virtual std::optional<Rehearsal> Practice(const std::filesystem::path&) { return std::nullopt; }
  virtual void Forget() {}
  // In the zygote, after the practice and before any fork: all that is there stays.
  virtual void Settle() {}

  // Runs one report to its end: loads the entry point, calls it, drains its rows into `renderer`
  // (null for the types the language renders itself: Python's jinja2 and pdf) and finishes it.
  virtual ReportEnd Run(const ReportJob& job, ReportPort& port, render::Renderer* renderer) = 0;

  // Renderer types this language writes itself, without a render::Renderer.
  virtual bool RendersItself(std::string_view renderer_type) const = 0;

  // Parses (never runs) a module and describes its function as an object with
  //   parsed, error, line, column: whether the file parses, and where it does not
  //   found: the function exists; kind: "function", "generator", "coroutine", "async_generator",
  //     or "bound" (by an import or an assignment: its arity cannot be known)
  //   min_positional, max_positional: -1 means any number; functions: [names]
  virtual Json InspectEntrypoint(const std::filesystem::path& root,
                                 const EntrypointQuery& query) = 0;
};

// To add a language: 1. a folder sdk/<language> with a LanguageHost; 2. its row in kLanguages
// (sdk/worker/languages.cc); 3. an example repository in examples/.

}  // namespace carrel::sdk
