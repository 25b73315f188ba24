#include "sdk/python/row_reader.h"

#include <Python.h>
#include <datetime.h>
#include <pybind11/pybind11.h>

#include <limits>

namespace carrel::python {
namespace {

namespace py = pybind11;
using render::Cell;
using render::CellKind;

constexpr int64_t kMicrosPerSecond = 1'000'000;
constexpr int64_t kSecondsPerDay = 86'400;
constexpr int64_t kMicrosPerMinute = 60 * kMicrosPerSecond;
constexpr int64_t kMicrosPerDay = kSecondsPerDay * kMicrosPerSecond;
// Longer text of a value that is no cell is refused, not cut.
constexpr Py_ssize_t kMaxOtherText = Py_ssize_t{16} << 20;

// Days since 1970-01-01 in the proleptic Gregorian calendar.
constexpr int64_t DaysFromCivil(int64_t year, int64_t month, int64_t day) {
  year -= month <= 2 ? 1 : 0;
  const int64_t era = year / 400;  // years are positive here
  const int64_t year_of_era = year - era * 400;
  const int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146'097 + day_of_era - 719'468;
}
static_assert(DaysFromCivil(1970, 1, 1) == 0 && DaysFromCivil(2000, 3, 1) == 11'017);

int64_t DateMicros(PyObject* date) {
  return DaysFromCivil(PyDateTime_GET_YEAR(date), PyDateTime_GET_MONTH(date),
                       PyDateTime_GET_DAY(date)) *
         kMicrosPerDay;
}

int64_t ClockMicros(int64_t hour, int64_t minute, int64_t second, int64_t micros) {
  return (hour * 3600 + minute * 60 + second) * kMicrosPerSecond + micros;
}

std::string_view TypeName(PyObject* value) {
  const std::string_view name = Py_TYPE(value)->tp_name;
  const size_t dot = name.rfind('.');
  return dot == std::string_view::npos ? name : name.substr(dot + 1);
}

PyObject* ImportAttribute(const char* module, const char* name) {
  return py::module_::import(module).attr(name).cast<py::object>().release().ptr();
}

// UTF-8 of text that holds lone surrogates: each becomes U+FFFD. New reference to bytes.
PyObject* EncodeLossy(PyObject* text) {
  PyObject* bytes = PyUnicode_AsEncodedString(text, "utf-8", "surrogatepass");
  if (bytes == nullptr) return nullptr;
  char* data = PyBytes_AS_STRING(bytes);
  const Py_ssize_t size = PyBytes_GET_SIZE(bytes);
  for (Py_ssize_t i = 0; i + 2 < size; ++i) {
    // ED A0..BF xx is how a surrogate looks, and three bytes are what U+FFFD takes.
    if (data[i] != '\xED' || static_cast<unsigned char>(data[i + 1]) < 0xA0) continue;
    data[i] = '\xEF';
    data[i + 1] = '\xBF';
    data[i + 2] = '\xBD';
  }
  return bytes;
}

bool IsOfNumpy(PyObject* value, std::string_view name) {
  return std::string_view(Py_TYPE(value)->tp_name).starts_with(name);
}

PyObject* CallOrNull(PyObject* value, const char* method, const char* argument) {
  PyObject* const result = argument == nullptr ? PyObject_CallMethod(value, method, nullptr)
                                               : PyObject_CallMethod(value, method, "s", argument);
  if (result == nullptr) PyErr_Clear();
  return result;
}

// What a scalar of numpy is in Python, without importing numpy; null without an exception for
// anything else, such as an array of several values. New reference.
PyObject* NumpyItem(PyObject* value) {
  if (!IsOfNumpy(value, "numpy.")) return nullptr;
  PyObject* item = CallOrNull(value, "item", nullptr);
  // Moments and durations finer than a microsecond come as bare counts of their unit.
  if (item != nullptr && PyLong_CheckExact(item)) {
    const char* const unit = IsOfNumpy(value, "numpy.datetime64")    ? "datetime64[us]"
                             : IsOfNumpy(value, "numpy.timedelta64") ? "timedelta64[us]"
                                                                     : nullptr;
    if (unit != nullptr) {
      Py_DECREF(item);
      PyObject* const coarse = CallOrNull(value, "astype", unit);
      item = coarse == nullptr ? nullptr : CallOrNull(coarse, "item", nullptr);
      Py_XDECREF(coarse);
    }
  }
  if (item == nullptr || !IsOfNumpy(item, "numpy.")) return item;
  Py_DECREF(item);
  return nullptr;
}

}  // namespace

RowReader::RowReader() {
  PyDateTime_IMPORT;
  if (PyDateTimeAPI == nullptr) throw py::error_already_set();
  decimal_ = ImportAttribute("decimal", "Decimal");
  uuid_ = ImportAttribute("uuid", "UUID");
  enum_ = ImportAttribute("enum", "Enum");
}

RowReader::~RowReader() {
  Drop();
  Py_XDECREF(decimal_);
  Py_XDECREF(uuid_);
  Py_XDECREF(enum_);
}

PyObject* RowReader::Keep(PyObject* owned) {
  if (owned != nullptr) kept_.push_back(owned);
  return owned;
}

void RowReader::Drop() {
  for (PyObject* object : kept_) Py_DECREF(object);
  kept_.clear();
}

bool RowReader::Read(PyObject* object) {
  Drop();
  failed_column_ = 0;
  // A list may change while str() of one of its items runs; a tuple's items stay.
  PyObject* row = PyTuple_CheckExact(object) ? object : Keep(PySequence_Tuple(object));
  if (row == nullptr) return false;
  const auto size = static_cast<size_t>(PyTuple_GET_SIZE(row));
  cells_.resize(size);
  for (size_t i = 0; i < size; ++i) {
    if (ReadCell(PyTuple_GET_ITEM(row, static_cast<Py_ssize_t>(i)), cells_[i])) continue;
    failed_column_ = i + 1;
    return false;
  }
  return true;
}

bool RowReader::ReadCell(PyObject* value, Cell& cell) {
  PyTypeObject* const type = Py_TYPE(value);
  cell.printed = {};
  if (type == &PyUnicode_Type) return ReadText(value, cell);
  if (type == &PyLong_Type) return ReadInteger(value, cell);
  if (type == &PyFloat_Type) {
    cell.kind = CellKind::kFloat;
    cell.number = PyFloat_AS_DOUBLE(value);
    return true;
  }
  if (value == Py_None) {
    cell.kind = CellKind::kNone;
    return true;
  }
  if (type == &PyBool_Type) {
    cell.kind = CellKind::kBool;
    cell.integer = value == Py_True ? 1 : 0;
    return true;
  }
  if (type == PyDateTimeAPI->DateTimeType) return ReadDateTime(value, cell);
  return ReadRare(value, cell);
}

bool RowReader::Print(PyObject* value, Cell& cell) {
  PyObject* const text = Keep(PyObject_Str(value));
  return text != nullptr && TakeText(text, cell.printed);
}

bool RowReader::ReadText(PyObject* value, Cell& cell) {
  cell.kind = CellKind::kText;
  return TakeText(value, cell);
}

bool RowReader::TakeText(PyObject* text, Cell& cell) { return TakeText(text, cell.text); }

bool RowReader::TakeText(PyObject* text, std::string_view& into) {
  Py_ssize_t size = 0;
  if (PyUnicode_IS_COMPACT_ASCII(text)) {
    into = {reinterpret_cast<const char*>(PyUnicode_1BYTE_DATA(text)),
            static_cast<size_t>(PyUnicode_GET_LENGTH(text))};
    return true;
  }
  if (const char* data = PyUnicode_AsUTF8AndSize(text, &size); data != nullptr) {
    into = {data, static_cast<size_t>(size)};
    return true;
  }
  if (PyErr_ExceptionMatches(PyExc_UnicodeEncodeError) == 0) return false;
  PyErr_Clear();
  PyObject* const bytes = Keep(EncodeLossy(text));
  if (bytes == nullptr) return false;
  into = {PyBytes_AS_STRING(bytes), static_cast<size_t>(PyBytes_GET_SIZE(bytes))};
  return true;
}

bool RowReader::ReadInteger(PyObject* value, Cell& cell) {
  int overflow = 0;
  const long long number = PyLong_AsLongLongAndOverflow(value, &overflow);
  if (overflow == 0) {
    cell.kind = CellKind::kInteger;
    cell.integer = number;
    return number != -1 || PyErr_Occurred() == nullptr;
  }
  cell.kind = CellKind::kBigInteger;
  PyObject* const digits = Keep(PyLong_Type.tp_repr(value));
  return digits != nullptr && TakeText(digits, cell);
}

bool RowReader::ReadDate(PyObject* value, Cell& cell) {
  if (PyDateTime_Check(value)) return ReadDateTime(value, cell);
  cell.kind = CellKind::kDate;
  cell.with_zone = false;
  cell.micros = DateMicros(value);
  return true;
}

bool RowReader::ReadDateTime(PyObject* value, Cell& cell) {
  cell.kind = CellKind::kDateTime;
  cell.with_zone = false;
  cell.micros = DateMicros(value) + ClockMicros(PyDateTime_DATE_GET_HOUR(value),
                                                PyDateTime_DATE_GET_MINUTE(value),
                                                PyDateTime_DATE_GET_SECOND(value),
                                                PyDateTime_DATE_GET_MICROSECOND(value));
  PyObject* const zone = PyDateTime_DATE_GET_TZINFO(value);
  return zone == Py_None || ReadZone(value, zone, cell);
}

bool RowReader::ReadTime(PyObject* value, Cell& cell) {
  cell.kind = CellKind::kTime;
  cell.with_zone = false;
  cell.micros =
      ClockMicros(PyDateTime_TIME_GET_HOUR(value), PyDateTime_TIME_GET_MINUTE(value),
                  PyDateTime_TIME_GET_SECOND(value), PyDateTime_TIME_GET_MICROSECOND(value));
  return ReadZone(value, PyDateTime_TIME_GET_TZINFO(value), cell);
}

bool RowReader::ReadZone(PyObject* value, PyObject* zone, Cell& cell) {
  if (zone == Py_None) return true;
  PyObject* const offset = PyObject_CallMethod(value, "utcoffset", nullptr);
  if (offset == nullptr) return false;
  bool odd_offset = false;
  if (PyDelta_Check(offset)) {
    const int64_t micros = PyDateTime_DELTA_GET_DAYS(offset) * kMicrosPerDay +
                           PyDateTime_DELTA_GET_SECONDS(offset) * kMicrosPerSecond +
                           PyDateTime_DELTA_GET_MICROSECONDS(offset);
    // Of an offset that is no whole number of minutes the rest goes into the clock: the moment
    // stays the same.
    const int64_t rest = (micros % kMicrosPerMinute + kMicrosPerMinute) % kMicrosPerMinute;
    cell.with_zone = true;
    cell.offset_minutes = static_cast<int16_t>((micros - rest) / kMicrosPerMinute);
    cell.micros -= rest;
    odd_offset = rest != 0;
  }
  Py_DECREF(offset);
  return !odd_offset || Print(value, cell);
}

bool RowReader::ReadDuration(PyObject* value, Cell& cell) {
  const int64_t days = PyDateTime_DELTA_GET_DAYS(value);
  constexpr int64_t kMaxDays = std::numeric_limits<int64_t>::max() / kMicrosPerDay - 1;
  if (days > kMaxDays || days < -kMaxDays) {
    const int64_t rest = PyDateTime_DELTA_GET_SECONDS(value) * kMicrosPerSecond +
                         PyDateTime_DELTA_GET_MICROSECONDS(value);
    cell.number =
        static_cast<double>(days) + static_cast<double>(rest) / static_cast<double>(kMicrosPerDay);
    return ReadStr(value, CellKind::kLongDuration, cell);
  }
  cell.kind = CellKind::kDuration;
  cell.micros = days * kMicrosPerDay + PyDateTime_DELTA_GET_SECONDS(value) * kMicrosPerSecond +
                PyDateTime_DELTA_GET_MICROSECONDS(value);
  return true;
}

bool RowReader::ReadRare(PyObject* value, Cell& cell) {
  if (PyUnicode_Check(value))
    return ReadText(value, cell) && PrintOwn(value, &PyUnicode_Type, cell);
  if (PyLong_Check(value)) return ReadInteger(value, cell) && PrintOwn(value, &PyLong_Type, cell);
  if (PyFloat_Check(value)) {
    cell.kind = CellKind::kFloat;
    cell.number = PyFloat_AS_DOUBLE(value);
    return PrintOwn(value, &PyFloat_Type, cell);
  }
  if (PyDate_CheckExact(value)) return ReadDate(value, cell);
  if (PyDate_Check(value)) return ReadDateSubclass(value, cell);
  if (PyTime_Check(value))
    return ReadTime(value, cell) && PrintOwn(value, PyDateTimeAPI->TimeType, cell);
  if (PyDelta_Check(value)) {
    return ReadDuration(value, cell) && PrintOwn(value, PyDateTimeAPI->DeltaType, cell);
  }
  if (const int match = PyObject_IsInstance(value, decimal_); match != 0) {
    return match > 0 && ReadDecimal(value, cell);
  }
  for (PyObject* const type : {uuid_, enum_}) {
    if (const int match = PyObject_IsInstance(value, type); match != 0) {
      return match > 0 && ReadStr(value, CellKind::kText, cell);
    }
  }
  return ReadOther(value, cell);
}

// A subclass may have a str() of its own, also by a repr() of its own.
bool RowReader::PrintOwn(PyObject* value, const PyTypeObject* base, Cell& cell) {
  const PyTypeObject* const type = Py_TYPE(value);
  const bool same_repr = type->tp_repr == base->tp_repr || base == &PyUnicode_Type;
  const bool as_usual = type == base || (type->tp_str == base->tp_str && same_repr);
  return as_usual || Print(value, cell);
}

bool RowReader::ReadDateSubclass(PyObject* value, Cell& cell) {
  PyObject* const same = PyObject_RichCompare(value, value, Py_EQ);
  if (same == nullptr) return false;
  Py_DECREF(same);
  if (same != Py_False) return ReadDate(value, cell) && Print(value, cell);
  // Not a time, as pandas has it.
  cell.kind = CellKind::kFloat;
  cell.number = std::numeric_limits<double>::quiet_NaN();
  return Print(value, cell);
}

bool RowReader::ReadStr(PyObject* value, CellKind kind, Cell& cell) {
  cell.kind = kind;
  PyObject* const text = Keep(PyObject_Str(value));
  return text != nullptr && TakeText(text, cell);
}

bool RowReader::ReadDecimal(PyObject* value, Cell& cell) {
  const auto* const base = reinterpret_cast<PyTypeObject*>(decimal_);
  cell.kind = CellKind::kDecimal;
  PyObject* const digits = Keep(base->tp_str(value));
  return digits != nullptr && TakeText(digits, cell) && PrintOwn(value, base, cell);
}

bool RowReader::ReadOther(PyObject* value, Cell& cell) {
  if (PyObject* const item = Keep(NumpyItem(value)); item != nullptr) {
    return ReadCell(item, cell) && Print(value, cell);
  }
  if (!ReadStr(value, CellKind::kOther, cell)) return false;
  cell.type_name = TypeName(value);
  if (static_cast<Py_ssize_t>(cell.text.size()) <= kMaxOtherText) return true;
  PyErr_Format(PyExc_ValueError, "the text of a %s in a cell is longer than 16 MiB",
               Py_TYPE(value)->tp_name);
  return false;
}

}  // namespace carrel::python
