#include "sdk/python/carrel_module.h"

#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <map>
#include <optional>
#include <string>

namespace carrel::python {
namespace {

namespace py = pybind11;

// Lives as long as the process: a module definition is never given back.
PyModuleDef module_definition;

[[noreturn]] void RaiseCallError(const char* message) {
  const py::object type = py::module_::import("_carrel").attr("CallError");
  PyErr_SetString(type.ptr(), message);
  throw py::error_already_set();
}

py::tuple Call(Door& door, const sdk::ApiCall& call) {
  Result<sdk::ApiReply> reply = [&] {
    const py::gil_scoped_release unlocked;
    return door.Call(call);
  }();
  if (!reply) RaiseCallError(reply.error().message.c_str());
  py::dict headers;
  for (const auto& [name, value] : reply->headers) {
    // Header values are bytes by right: Latin-1 reads any.
    headers[py::str(name)] = py::reinterpret_steal<py::object>(
        PyUnicode_DecodeLatin1(value.data(), static_cast<Py_ssize_t>(value.size()), nullptr));
  }
  return py::make_tuple(reply->status, headers, py::bytes(reply->body));
}

// A number as float() takes it, but not text.
std::optional<double> AsNumber(PyObject* value) {
  if (PyUnicode_Check(value) || PyBytes_Check(value) || PyByteArray_Check(value)) {
    return std::nullopt;
  }
  const double number = PyFloat_AsDouble(value);
  if (number == -1.0 && PyErr_Occurred() != nullptr) {
    PyErr_Clear();
    return std::nullopt;
  }
  return number;
}

void Progress(Door& door, const py::args& args, const py::kwargs& kwargs) {
  const auto argument = [&](size_t position, const char* name) -> std::optional<double> {
    if (args.size() > position) return AsNumber(PyTuple_GET_ITEM(args.ptr(), position));
    PyObject* value = PyDict_GetItemString(kwargs.ptr(), name);
    return value == nullptr ? std::nullopt : AsNumber(value);
  };
  const auto value = argument(0, "value");
  const auto max = argument(1, "max_value");
  if (value && max) door.Progress(*value, *max);
}

PyObject* MakeModule() {
  try {
    auto module = py::module_::create_extension_module("_carrel", "The worker's door to the host.",
                                                       &module_definition);
    module.attr("CallError") = py::reinterpret_steal<py::object>(PyErr_NewExceptionWithDoc(
        "_carrel.CallError", "The host could not or would not call.", nullptr, nullptr));
    module.attr("call") = py::cpp_function(
        [](const py::args&, const py::kwargs&) { RaiseCallError("no report is running"); });
    module.attr("progress") = py::cpp_function([](const py::args&, const py::kwargs&) {});
    return module.release().ptr();
  } catch (py::error_already_set& error) {
    error.restore();
    return nullptr;
  }
}

}  // namespace

void RegisterCarrelModule() { PyImport_AppendInittab("_carrel", &MakeModule); }

void OpenDoor(const std::shared_ptr<Door>& door) {
  const auto call = [door](const std::string& connection, const std::string& method,
                           const std::string& path, const std::string& query,
                           const std::map<std::string, std::string>& headers,
                           const std::optional<py::bytes>& body) {
    return Call(*door, {.connection = connection,
                        .method = method,
                        .path = path,
                        .query = query,
                        .headers = headers,
                        .body = body ? std::string(*body) : std::string()});
  };
  const auto progress = [door](const py::args& args, const py::kwargs& kwargs) {
    Progress(*door, args, kwargs);
  };
  const auto module = py::module_::import("_carrel");
  module.attr("call") = py::cpp_function(call, py::name("call"), py::arg("connection"),
                                         py::arg("method"), py::arg("path"), py::arg("query") = "",
                                         py::arg("headers") = std::map<std::string, std::string>(),
                                         py::arg("body") = std::nullopt);
  module.attr("progress") = py::cpp_function(progress, py::name("progress"));
}

}  // namespace carrel::python
