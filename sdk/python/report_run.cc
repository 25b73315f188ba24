#include "sdk/python/report_run.h"

#include <fmt/format.h>
#include <pybind11/pybind11.h>

#include <cstdio>
#include <utility>

#include "runtime/base/clock.h"
#include "sdk/python/carrel_module.h"
#include "sdk/python/json_values.h"
#include "sdk/python/row_reader.h"

namespace carrel::python {
namespace {

namespace py = pybind11;

std::string JobText(const sdk::ReportJob& job) {
  const OrderedJson json = {{"root", job.root.string()},
                            {"environment", job.environment.string()},
                            {"entrypoint", job.entrypoint},
                            {"spec", job.spec},
                            {"report_name", job.report_name},
                            {"report_description", job.report_description},
                            {"renderer_type", job.renderer_type},
                            {"template", job.template_path},
                            {"args", OrderedJson(job.renderer_args)},
                            {"parameters", job.parameters},
                            {"endpoint", job.endpoint},
                            {"api_key", job.api_key},
                            {"connection", job.connection},
                            {"default_limit", job.default_limit},
                            {"account_id", job.info.account_id},
                            {"account_name", job.info.account_name},
                            {"report_id", job.info.report_id},
                            {"output_fd", job.output_fd}};
  return json.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
}

py::str Text(const std::string& text) {
  return py::reinterpret_steal<py::str>(
      PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()), "replace"));
}

// A generator that is not run to its end gets its `finally` blocks run.
void CloseQuietly(PyObject* rows) {
  PyObject *type = nullptr, *value = nullptr, *trace = nullptr;
  PyErr_Fetch(&type, &value, &trace);
  if (PyGen_CheckExact(rows)) Py_XDECREF(PyObject_CallMethod(rows, "close", nullptr));
  PyErr_Clear();
  PyErr_Restore(type, value, trace);
}

bool IsIterable(PyObject* value) {
  return Py_TYPE(value)->tp_iter != nullptr || PySequence_Check(value) != 0;
}

// The report's last prints, also those of C libraries.
void FlushStreams() {
  for (const char* name : {"stdout", "stderr"}) {
    PyObject* const stream = PySys_GetObject(name);
    if (stream == nullptr || stream == Py_None) continue;
    Py_XDECREF(PyObject_CallMethod(stream, "flush", nullptr));
    PyErr_Clear();
  }
  std::fflush(nullptr);
}

}  // namespace

struct ReportRun::Readers {
  RowReader cells;
  JsonValues values;
};

ReportRun::ReportRun(const sdk::ReportJob& job, sdk::ReportPort& port, render::Renderer* renderer)
    : job_(job), renderer_(renderer), door_(std::make_shared<Door>(port)) {}

ReportRun::~ReportRun() = default;

sdk::ReportEnd ReportRun::Execute() {
  try {
    Run();
  } catch (py::error_already_set& error) {
    error.restore();
    if (failure_) {
      PyErr_Clear();
    } else {
      failure_ = TakeFailure(stage_, job_.entrypoint);
      failure_->message.insert(0, place_);
    }
  } catch (const std::exception& error) {
    // pybind11's own words for an exception that it could not take apart are of no use to anybody.
    const std::string_view text = error.what();
    FailWith("error", text.starts_with("pybind11::")
                          ? "the report raised an exception that cannot be described"
                          : std::string(text.substr(0, text.find('\n'))));
    PyErr_Clear();
  }
  FlushStreams();
  door_->Close();
  sdk::ReportEnd end;
  end.rows = rows_;
  if (failure_) end.failure = std::make_unique<sdk::ReportFailure>(std::move(*failure_));
  return end;
}

void ReportRun::Run() {
  OpenDoor(door_);
  readers_ = std::make_unique<Readers>();
  const py::object report =
      py::module_::import("carrel._entrypoint").attr("Report")(Text(JobText(job_)));
  report.attr("load")();
  stage_ = Stage::kRun;
  const py::object result = report.attr("call")();
  Render(report.ptr(), result.ptr());
}

void ReportRun::Render(PyObject* report, PyObject* result) {
  const py::handle python_report(report);
  const py::handle python_result(result);
  if (renderer_ == nullptr) {
    python_report.attr("render")(python_result);
    rows_ = python_report.attr("rows").cast<uint64_t>();
    return;
  }
  if (python_report.attr("is_async")(python_result).cast<bool>()) {
    const py::cpp_function write([this](const py::object& row) {
      if (WriteRow(row.ptr())) return;
      if (PyErr_Occurred() == nullptr) PyErr_SetString(PyExc_RuntimeError, "the report failed");
      throw py::error_already_set();
    });
    // None when it wrote all rows, else a plain result to drain.
    const py::object rest = python_report.attr("drain")(python_result, write);
    if (!rest.is_none()) DrainAll(rest.cast<py::tuple>()[0].ptr());
  } else {
    DrainAll(result);
  }
  if (!failure_) Check(renderer_->Finish(FormatIso(SystemClock().Now())));
}

void ReportRun::DrainAll(PyObject* result) {
  if (PyDict_Check(result)) {
    WriteDocument(result);
  } else if (!IsIterable(result) || PyUnicode_Check(result) || PyBytes_Check(result)) {
    FailWith("error", fmt::format("the report returned {}, expected rows: a list, a generator or "
                                  "another iterable",
                                  result == Py_None ? "None"
                                                    : fmt::format("a value of type {}",
                                                                  Py_TYPE(result)->tp_name)));
  } else {
    const auto rows = py::reinterpret_steal<py::object>(PyObject_GetIter(result));
    if (!rows) throw py::error_already_set();
    Drain(rows.ptr());
  }
}

void ReportRun::Drain(PyObject* rows) {
  while (PyObject* const row = PyIter_Next(rows)) {
    const bool written = WriteRow(row);
    Py_DECREF(row);
    if (written) continue;
    CloseQuietly(rows);
    if (PyErr_Occurred() != nullptr) throw py::error_already_set();
    return;
  }
  if (PyErr_Occurred() != nullptr) throw py::error_already_set();
}

bool ReportRun::WriteRow(PyObject* row) {
  ++rows_;
  if (renderer_->shape() == render::Shape::kCells) return WriteCells(row);
  const auto text = readers_->values.Write(row);
  if (!text) return FailWith("render", fmt::format("row {}: {}", rows_, text.error().message));
  return Check(renderer_->WriteValue(*text));
}

bool ReportRun::WriteCells(PyObject* row) {
  if (!IsIterable(row)) {
    return FailWith("error", fmt::format("row {} is of type {}, expected an iterable of cells",
                                         rows_, Py_TYPE(row)->tp_name));
  }
  if (readers_->cells.Read(row)) return Check(renderer_->WriteRow(readers_->cells.row()));
  const size_t column = readers_->cells.failed_column();
  place_ = column == 0 ? "" : fmt::format("row {}: column {}: ", rows_, column);
  return false;
}

bool ReportRun::WriteDocument(PyObject* document) {
  if (renderer_->shape() == render::Shape::kCells) {
    return FailWith("error", fmt::format("the report returned a dict, expected rows: the {} "
                                         "renderer writes no documents",
                                         job_.renderer_type));
  }
  const auto text = readers_->values.Write(document);
  if (!text) return FailWith("render", text.error().message);
  return Check(renderer_->WriteDocument(*text));
}

bool ReportRun::Check(const Status& written) {
  return written || FailWith("render", written.error().message);
}

bool ReportRun::FailWith(const char* kind, std::string message) {
  failure_.emplace();
  failure_->kind = kind;
  failure_->message = std::move(message);
  return false;
}

}  // namespace carrel::python
