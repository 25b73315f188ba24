// One run of a Python report, from loading its entry point to the last row.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "sdk/python/door.h"
#include "sdk/python/failure.h"
#include "sdk/worker/language_host.h"

namespace carrel::python {

// Used once, by the thread that holds the interpreter lock.
class ReportRun {
 public:
  // `renderer` is null for the types that Python renders itself.
  ReportRun(const sdk::ReportJob& job, sdk::ReportPort& port, render::Renderer* renderer);
  ~ReportRun();

  sdk::ReportEnd Execute();

 private:
  struct Readers;

  // Both throw pybind11::error_already_set for what report code raised; a failure of ours is in
  // failure_ afterwards.
  void Run();
  void Render(PyObject* report, PyObject* result);

  void DrainAll(PyObject* result);
  void Drain(PyObject* rows);
  // False: failure_ is set, or a Python exception.
  bool WriteRow(PyObject* row);
  bool WriteCells(PyObject* row);
  bool WriteDocument(PyObject* document);
  bool Check(const Status& written);
  bool FailWith(const char* kind, std::string message);

  const sdk::ReportJob& job_;
  render::Renderer* const renderer_;
  const std::shared_ptr<Door> door_;  // shared with the functions given to report code
  std::unique_ptr<Readers> readers_;
  Stage stage_ = Stage::kLoad;
  uint64_t rows_ = 0;
  std::string place_;  // of the value that raised: "row 2: column 3: "
  std::optional<sdk::ReportFailure> failure_;
};

}  // namespace carrel::python
