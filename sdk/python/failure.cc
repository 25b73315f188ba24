#include "sdk/python/failure.h"

#include <pybind11/pybind11.h>

namespace carrel::python {
namespace {

namespace py = pybind11;

sdk::ReportFailure Describe(const py::object& value, Stage stage, const std::string& entrypoint) {
  const py::object described = py::module_::import("carrel._failure")
                                   .attr("describe")(value, stage == Stage::kLoad, entrypoint);
  const auto fields = described.cast<py::tuple>();
  sdk::ReportFailure failure;
  failure.kind = fields[0].cast<std::string>();
  failure.message = fields[1].cast<std::string>();
  failure.traceback = fields[2].cast<std::string>();
  failure.status = fields[3].cast<int>();
  return failure;
}

// When even looking at the exception fails: its type alone.
sdk::ReportFailure Bare(PyObject* value) {
  const bool memory = PyErr_GivenExceptionMatches(value, PyExc_MemoryError) != 0;
  sdk::ReportFailure failure;
  failure.kind = memory ? "memory" : "error";
  failure.message = value == nullptr ? "unknown exception" : Py_TYPE(value)->tp_name;
  return failure;
}

}  // namespace

sdk::ReportFailure TakeFailure(Stage stage, const std::string& entrypoint) {
  PyObject* type = nullptr;
  PyObject* value = nullptr;
  PyObject* trace = nullptr;
  PyErr_Fetch(&type, &value, &trace);
  PyErr_NormalizeException(&type, &value, &trace);
  if (value != nullptr && trace != nullptr) PyException_SetTraceback(value, trace);
  const auto owned_type = py::reinterpret_steal<py::object>(type);
  const auto owned_trace = py::reinterpret_steal<py::object>(trace);
  const auto owned = py::reinterpret_steal<py::object>(value);
  try {
    if (owned) return Describe(owned, stage, entrypoint);
  } catch (const std::exception&) {
    PyErr_Clear();
  }
  return Bare(value);
}

}  // namespace carrel::python
