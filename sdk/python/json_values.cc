#include "sdk/python/json_values.h"

#include <Python.h>
#include <datetime.h>
#include <fmt/format.h>
#include <pybind11/pybind11.h>

namespace carrel::python {
namespace {

namespace py = pybind11;

// Containers within containers; an empty list is no deeper than a number, a dataclass one less.
constexpr int kMaxDepth = 254;
constexpr const char* kBadText = "str is not valid UTF-8: surrogates not allowed";

// False, and no Python exception, for text that UTF-8 cannot hold.
bool Utf8(PyObject* text, std::string_view& view) {
  if (PyUnicode_IS_COMPACT_ASCII(text)) {
    view = {reinterpret_cast<const char*>(PyUnicode_1BYTE_DATA(text)),
            static_cast<size_t>(PyUnicode_GET_LENGTH(text))};
    return true;
  }
  Py_ssize_t size = 0;
  const char* data = PyUnicode_AsUTF8AndSize(text, &size);
  if (data == nullptr) {
    PyErr_Clear();
    return false;
  }
  view = {data, static_cast<size_t>(size)};
  return true;
}

// Text of a date or time, which is short.
class Buffer {
 public:
  void Put(char c) { data_[size_++] = c; }
  void Digits(int value, size_t count) {
    for (size_t i = count; i-- > 0; value /= 10)
      data_[size_ + i] = static_cast<char>('0' + value % 10);
    size_ += count;
  }
  std::string_view view() const { return {data_, size_}; }

 private:
  char data_[48];
  size_t size_ = 0;
};

void AppendClock(Buffer& out, int hour, int minute, int second, int micros) {
  out.Digits(hour, 2);
  out.Put(':');
  out.Digits(minute, 2);
  out.Put(':');
  out.Digits(second, 2);
  if (micros == 0) return;
  out.Put('.');
  out.Digits(micros, 6);
}

void AppendDay(Buffer& out, PyObject* date) {
  out.Digits(PyDateTime_GET_YEAR(date), 4);
  out.Put('-');
  out.Digits(PyDateTime_GET_MONTH(date), 2);
  out.Put('-');
  out.Digits(PyDateTime_GET_DAY(date), 2);
}

// To the nearest minute, as RFC 3339 has them. (orjson prints 01:59:30 as 01:60; we carry.)
void AppendOffset(Buffer& out, PyObject* delta) {
  int seconds = PyDateTime_DELTA_GET_SECONDS(delta);
  const bool negative = PyDateTime_DELTA_GET_DAYS(delta) < 0;
  if (negative) seconds = 86'400 - seconds;
  const int minutes = (seconds + 30) / 60;
  out.Put(negative ? '-' : '+');
  out.Digits(minutes / 60, 2);
  out.Put(':');
  out.Digits(minutes % 60, 2);
}

}  // namespace

JsonValues::JsonValues() {
  PyDateTime_IMPORT;
  if (PyDateTimeAPI == nullptr) throw py::error_already_set();
  uuid_ = py::module_::import("uuid").attr("UUID").cast<py::object>().release().ptr();
  enum_type_ = py::module_::import("enum").attr("EnumMeta").cast<py::object>().release().ptr();
  fields_name_ = py::str("__dataclass_fields__").release().ptr();
  field_mark_ =
      py::module_::import("dataclasses").attr("_FIELD").cast<py::object>().release().ptr();
}

JsonValues::~JsonValues() {
  Py_XDECREF(uuid_);
  Py_XDECREF(enum_type_);
  Py_XDECREF(fields_name_);
  Py_XDECREF(field_mark_);
}

Result<std::string_view> JsonValues::Write(PyObject* value) {
  writer_.Clear();
  error_.clear();
  if (!WriteValue(value, 0)) return Fail(Code::kInvalid, error_);
  return writer_.text();
}

bool JsonValues::Refuse(std::string message) {
  PyErr_Clear();
  error_ = std::move(message);
  return false;
}

bool JsonValues::WriteValue(PyObject* value, int depth) {
  PyTypeObject* const type = Py_TYPE(value);
  if (type == &PyUnicode_Type) return WriteString(value);
  if (type == &PyLong_Type) return WriteInteger(value);
  if (type == &PyFloat_Type) {
    writer_.Double(PyFloat_AS_DOUBLE(value));
    return true;
  }
  if (value == Py_None) {
    writer_.Null();
    return true;
  }
  if (type == &PyBool_Type) {
    writer_.Bool(value == Py_True);
    return true;
  }
  if (type == &PyDict_Type) return WriteDict(value, depth);
  if (type == &PyList_Type) return WriteList(value, depth);
  if (type == PyDateTimeAPI->DateTimeType) return WriteDateTime(value);
  return WriteRare(value, depth);
}

bool JsonValues::WriteString(PyObject* value) {
  std::string_view text;
  if (!Utf8(value, text)) return Refuse(kBadText);
  writer_.String(text);
  return true;
}

bool JsonValues::WriteKey(PyObject* key) {
  if (Py_TYPE(key) != &PyUnicode_Type) return Refuse("Dict key must be str");
  std::string_view text;
  if (!Utf8(key, text)) return Refuse(kBadText);
  writer_.Key(text);
  return true;
}

bool JsonValues::WriteInteger(PyObject* value) {
  int overflow = 0;
  const long long number = PyLong_AsLongLongAndOverflow(value, &overflow);
  if (overflow == 0) {
    writer_.Int(number);
    return true;
  }
  const unsigned long long large = PyLong_AsUnsignedLongLong(value);
  if (PyErr_Occurred() != nullptr) return Refuse("Integer exceeds 64-bit range");
  writer_.Uint(large);
  return true;
}

bool JsonValues::WriteItem(PyObject* item, int64_t index, int depth) {
  if (WriteValue(item, depth + 1)) return true;
  if (depth == 0) error_ = fmt::format("column {}: {}", index + 1, error_);
  return false;
}

// What the containers hold is kept while it is written: reading an enum's value runs Python, which
// may change them.

bool JsonValues::WriteList(PyObject* value, int depth) {
  if (depth >= kMaxDepth) return Refuse("Recursion limit reached");
  writer_.BeginArray();
  for (Py_ssize_t i = 0; i < PyList_GET_SIZE(value); ++i) {
    const auto item = py::reinterpret_borrow<py::object>(PyList_GET_ITEM(value, i));
    if (!WriteItem(item.ptr(), i, depth)) return false;
  }
  writer_.EndArray();
  return true;
}

bool JsonValues::WriteTuple(PyObject* value, int depth) {
  if (depth >= kMaxDepth) return Refuse("Recursion limit reached");
  writer_.BeginArray();
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(value); ++i) {
    if (!WriteItem(PyTuple_GET_ITEM(value, i), i, depth)) return false;
  }
  writer_.EndArray();
  return true;
}

bool JsonValues::WriteDict(PyObject* value, int depth) {
  if (depth >= kMaxDepth) return Refuse("Recursion limit reached");
  writer_.BeginObject();
  Py_ssize_t position = 0;
  PyObject* key = nullptr;
  PyObject* item = nullptr;
  while (PyDict_Next(value, &position, &key, &item) != 0) {
    const auto kept = py::reinterpret_borrow<py::object>(item);
    if (!WriteKey(key) || !WriteValue(item, depth + 1)) return false;
  }
  writer_.EndObject();
  return true;
}

bool JsonValues::WriteRare(PyObject* value, int depth) {
  PyTypeObject* const type = Py_TYPE(value);
  if (type == PyDateTimeAPI->DateType) {
    Buffer text;
    AppendDay(text, value);
    writer_.String(text.view());
    return true;
  }
  if (type == PyDateTimeAPI->TimeType) return WriteTime(value);
  if (type == &PyTuple_Type) return WriteTuple(value, depth);
  if (reinterpret_cast<PyObject*>(type) == uuid_) return WriteUuid(value);
  if (reinterpret_cast<PyObject*>(Py_TYPE(type)) == enum_type_) return WriteEnum(value, depth);
  if (PyUnicode_Check(value)) return WriteString(value);
  if (PyLong_Check(value)) return WriteInteger(value);
  if (PyList_Check(value)) return WriteList(value, depth);
  if (PyDict_Check(value)) return WriteDict(value, depth);
  if (PyDict_Contains(type->tp_dict, fields_name_) == 1) return WriteDataclass(value, depth);
  return Refuse(fmt::format("Type is not JSON serializable: {}", Py_TYPE(value)->tp_name));
}

bool JsonValues::WriteDateTime(PyObject* value) {
  Buffer text;
  AppendDay(text, value);
  text.Put('T');
  AppendClock(text, PyDateTime_DATE_GET_HOUR(value), PyDateTime_DATE_GET_MINUTE(value),
              PyDateTime_DATE_GET_SECOND(value), PyDateTime_DATE_GET_MICROSECOND(value));
  if (PyDateTime_DATE_GET_TZINFO(value) != Py_None) {
    const auto offset =
        py::reinterpret_steal<py::object>(PyObject_CallMethod(value, "utcoffset", nullptr));
    if (!offset) return Refuse("datetime's timezone library is not supported");
    if (PyDelta_Check(offset.ptr())) AppendOffset(text, offset.ptr());
  }
  writer_.String(text.view());
  return true;
}

bool JsonValues::WriteTime(PyObject* value) {
  if (PyDateTime_TIME_GET_TZINFO(value) != Py_None) {
    return Refuse("datetime.time must not have tzinfo set");
  }
  Buffer text;
  AppendClock(text, PyDateTime_TIME_GET_HOUR(value), PyDateTime_TIME_GET_MINUTE(value),
              PyDateTime_TIME_GET_SECOND(value), PyDateTime_TIME_GET_MICROSECOND(value));
  writer_.String(text.view());
  return true;
}

bool JsonValues::WriteUuid(PyObject* value) {
  const auto text = py::reinterpret_steal<py::object>(PyObject_Str(value));
  if (!text) return Refuse("Type is not JSON serializable: UUID");
  return WriteString(text.ptr());
}

bool JsonValues::WriteEnum(PyObject* value, int depth) {
  auto inner = py::reinterpret_borrow<py::object>(value);
  for (int i = 0; i < kMaxDepth; ++i) {
    PyObject* const type = reinterpret_cast<PyObject*>(Py_TYPE(inner.ptr()));
    if (reinterpret_cast<PyObject*>(Py_TYPE(type)) != enum_type_) {
      return WriteValue(inner.ptr(), depth);
    }
    inner = py::reinterpret_steal<py::object>(PyObject_GetAttrString(inner.ptr(), "value"));
    if (!inner)
      return Refuse(fmt::format("Type is not JSON serializable: {}", Py_TYPE(value)->tp_name));
  }
  return Refuse("Recursion limit reached");
}

// With a __dict__ all of it, else (slots) the declared fields; names with a leading underscore
// never.
bool JsonValues::WriteDataclass(PyObject* value, int depth) {
  if (depth > kMaxDepth) return Refuse("Recursion limit reached");
  const auto slots = py::str("__slots__");
  const bool has_slots = PyDict_Contains(Py_TYPE(value)->tp_dict, slots.ptr()) == 1;
  const auto attributes = py::reinterpret_steal<py::object>(
      has_slots ? nullptr : PyObject_GetAttrString(value, "__dict__"));
  writer_.BeginObject();
  if (!attributes || !PyDict_Check(attributes.ptr())) {
    PyErr_Clear();
    PyObject* const fields = PyDict_GetItem(Py_TYPE(value)->tp_dict, fields_name_);
    if (fields == nullptr || !PyDict_Check(fields) || !WriteFields(value, fields, depth)) {
      return error_.empty() ? Refuse("Type is not JSON serializable: dataclass") : false;
    }
  } else {
    Py_ssize_t position = 0;
    PyObject* key = nullptr;
    PyObject* item = nullptr;
    while (PyDict_Next(attributes.ptr(), &position, &key, &item) != 0) {
      const auto kept = py::reinterpret_borrow<py::object>(item);
      std::string_view name;
      if (PyUnicode_Check(key) && Utf8(key, name) && name.starts_with('_')) continue;
      if (!WriteKey(key) || !WriteValue(item, depth + 1)) return false;
    }
  }
  writer_.EndObject();
  return true;
}

bool JsonValues::WriteFields(PyObject* value, PyObject* fields, int depth) {
  Py_ssize_t position = 0;
  PyObject* key = nullptr;
  PyObject* field = nullptr;
  while (PyDict_Next(fields, &position, &key, &field) != 0) {
    const auto mark =
        py::reinterpret_steal<py::object>(PyObject_GetAttrString(field, "_field_type"));
    std::string_view name;
    if (!mark || mark.ptr() != field_mark_) continue;  // ClassVar, InitVar
    if (PyUnicode_Check(key) && Utf8(key, name) && name.starts_with('_')) continue;
    const auto item = py::reinterpret_steal<py::object>(PyObject_GetAttr(value, key));
    if (!item) return Refuse(fmt::format("dataclass field '{}' has no value", name));
    if (!WriteKey(key) || !WriteValue(item.ptr(), depth + 1)) return false;
  }
  return true;
}

}  // namespace carrel::python
