#include "sdk/python/interpreter.h"

#include <Python.h>
#include <pybind11/embed.h>

#include <string>

#include "sdk/python/carrel_module.h"

namespace carrel::python {
namespace {

namespace py = pybind11;

constexpr const char* kHome = "/usr";
constexpr const char* kSearchPath[] = {
    "/usr/lib/python3.11",
    "/usr/lib/python3.11/lib-dynload",
};
// Behind our own packages: what Debian installs (jinja2, weasyprint, requests).
constexpr const char* kDebianPackages = "/usr/lib/python3/dist-packages";

// What the reports of public repositories import, so that a fork has it already. Every module
// here costs each fork some copied pages: only what many reports use.
constexpr const char* kPreloaded[] = {
    "datetime",
    "json",
    "os",
    "collections",
    "urllib.parse",
    "functools",
    "copy",
    "typing",
    "logging",
    "threading",
    "concurrent.futures.thread",
    "math",
    "calendar",
    "csv",
    "decimal",
    "zoneinfo",
    "traceback",
    "inspect",
    "_strptime",
    "encodings.idna",
    "importlib",
    "dataclasses",
    "uuid",
    "connect.client",
    "cnct",
    "carrel",
    "carrel.http",
    "carrel._entrypoint",
    "carrel._failure",
    "carrel._rehearsal",
};

Status AsStatus(const PyStatus& status) {
  if (PyStatus_Exception(status) == 0) return {};
  return Fail(Code::kInternal, std::string("python: ") +
                                   (status.err_msg != nullptr ? status.err_msg : "cannot start"));
}

// Owns what PyConfig holds.
class Config {
 public:
  Config() {
    PyConfig_InitIsolatedConfig(&config_);
    config_.write_bytecode = 0;
    config_.parse_argv = 0;
    config_.install_signal_handlers = 0;
    config_.site_import = 0;
    config_.pathconfig_warnings = 0;
    config_.faulthandler = 1;  // a crash leaves its traceback in the report's log
    config_.module_search_paths_set = 1;
  }
  Config(const Config&) = delete;
  Config& operator=(const Config&) = delete;
  ~Config() { PyConfig_Clear(&config_); }

  Status Set(wchar_t** field, const char* value) {
    return AsStatus(PyConfig_SetBytesString(&config_, field, value));
  }

  Status AddSearchPath(const char* path) {
    wchar_t* wide = Py_DecodeLocale(path, nullptr);
    if (wide == nullptr) return Fail(Code::kInternal, "python: bad search path");
    const PyStatus status = PyWideStringList_Append(&config_.module_search_paths, wide);
    PyMem_RawFree(wide);
    return AsStatus(status);
  }

  Status Initialize() { return AsStatus(Py_InitializeFromConfig(&config_)); }

  PyConfig* operator->() { return &config_; }

 private:
  PyConfig config_;
};

Status Preinitialize() {
  PyPreConfig config;
  PyPreConfig_InitIsolatedConfig(&config);
  config.utf8_mode = 1;
  return AsStatus(Py_PreInitialize(&config));
}

Status Initialize(const std::filesystem::path& packages_dir) {
  CARREL_TRY(Preinitialize());
  Config config;
  CARREL_TRY(config.Set(&config->home, kHome));
  CARREL_TRY(config.Set(&config->program_name, "carrel-worker"));
  CARREL_TRY(config.Set(&config->executable, ""));
  CARREL_TRY(config.Set(&config->stdio_encoding, "utf-8"));
  CARREL_TRY(config.Set(&config->stdio_errors, "backslashreplace"));
  for (const char* path : kSearchPath) CARREL_TRY(config.AddSearchPath(path));
  CARREL_TRY(config.AddSearchPath(packages_dir.c_str()));
  CARREL_TRY(config.AddSearchPath(kDebianPackages));
  return config.Initialize();
}

// OpenSSL tells forks apart by process id, which siblings in namespaces of their own share.
void ReseedOpenSsl() {
  const py::dict modules = py::module_::import("sys").attr("modules");
  if (!modules.contains("ssl")) return;
  const py::object seed = py::module_::import("os").attr("urandom")(32);
  modules["ssl"].attr("RAND_add")(seed, 32.0);
}

}  // namespace

Status StartInterpreter(const std::filesystem::path& packages_dir) {
  if (Py_IsInitialized() != 0) {
    return Fail(Code::kInternal, "python: the process has an interpreter already");
  }
  RegisterCarrelModule();
  CARREL_TRY(Initialize(packages_dir));
  try {
    const py::module_ forks = py::module_::import("carrel._forks");
    forks.attr("leave_locks_alone")();
    for (const char* name : kPreloaded) py::module_::import(name);
    forks.attr("restore")();
  } catch (const std::exception& error) {
    return Fail(Code::kInternal, std::string("python: ") + error.what());
  }
  return {};
}

void BeforeFork() { PyOS_BeforeFork(); }

void AfterForkInParent() { PyOS_AfterFork_Parent(); }

void AfterForkInChild() {
  PyOS_AfterFork_Child();
  try {
    ReseedOpenSsl();
  } catch (const std::exception&) {
    // Only a report's own randomness is at stake, and only when ssl cannot read /dev/urandom.
    PyErr_Clear();
  }
}

}  // namespace carrel::python
