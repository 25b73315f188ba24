// Serialises Python values as JSON, to the byte as orjson.dumps does by default.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/result.h"
#include "sdk/python/py_object.h"
#include "sdk/render/json_writer.h"

namespace carrel::python {

// Not thread-safe; every call needs the interpreter lock.
class JsonValues {
 public:
  // Imports what the recognition needs; throws pybind11::error_already_set.
  JsonValues();
  JsonValues(const JsonValues&) = delete;
  JsonValues& operator=(const JsonValues&) = delete;
  ~JsonValues();

  // The text is valid until the next call. kInvalid for a value that JSON cannot hold, with the
  // words of orjson: "Type is not JSON serializable: Decimal", behind "column 2: " when it is the
  // second item of a list.
  Result<std::string_view> Write(PyObject* value);

 private:
  // All of these: false with error_ set.
  bool WriteValue(PyObject* value, int depth);
  bool WriteString(PyObject* value);
  bool WriteKey(PyObject* key);
  bool WriteInteger(PyObject* value);
  bool WriteList(PyObject* value, int depth);
  bool WriteTuple(PyObject* value, int depth);
  bool WriteItem(PyObject* item, int64_t index, int depth);
  bool WriteDict(PyObject* value, int depth);
  bool WriteRare(PyObject* value, int depth);
  bool WriteDateTime(PyObject* value);
  bool WriteTime(PyObject* value);
  bool WriteUuid(PyObject* value);
  bool WriteEnum(PyObject* value, int depth);
  bool WriteDataclass(PyObject* value, int depth);
  bool WriteFields(PyObject* value, PyObject* fields, int depth);
  bool Refuse(std::string message);

  render::JsonWriter writer_;
  std::string error_;
  // Owned; constant after construction.
  PyObject* uuid_ = nullptr;
  PyObject* enum_type_ = nullptr;
  PyObject* fields_name_ = nullptr;
  PyObject* field_mark_ = nullptr;
};

}  // namespace carrel::python
