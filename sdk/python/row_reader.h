// Reads a Python row into cells.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sdk/python/py_object.h"
#include "sdk/render/cell.h"

namespace carrel::python {

// Not thread-safe; every call needs the interpreter lock. Cells are recognised by exact type
// first, in the order of how frequent they are; a subclass counts as its base.
class RowReader {
 public:
  // Imports what the recognition needs; throws pybind11::error_already_set.
  RowReader();
  RowReader(const RowReader&) = delete;
  RowReader& operator=(const RowReader&) = delete;
  ~RowReader();

  // False with a Python exception set. Otherwise `row()` is valid until the next call, while the
  // caller keeps `object` alive.
  bool Read(PyObject* object);
  render::Row row() const { return {cells_.data(), cells_.size()}; }
  // After a false: the cell that could not be read, from 1; 0 when it was the row itself.
  size_t failed_column() const { return failed_column_; }

 private:
  bool ReadCell(PyObject* value, render::Cell& cell);
  bool ReadText(PyObject* value, render::Cell& cell);
  bool ReadInteger(PyObject* value, render::Cell& cell);
  bool ReadDate(PyObject* value, render::Cell& cell);
  bool ReadDateTime(PyObject* value, render::Cell& cell);
  bool ReadTime(PyObject* value, render::Cell& cell);
  bool ReadDuration(PyObject* value, render::Cell& cell);
  bool ReadZone(PyObject* value, PyObject* zone, render::Cell& cell);
  bool ReadRare(PyObject* value, render::Cell& cell);
  bool ReadDateSubclass(PyObject* value, render::Cell& cell);
  bool ReadDecimal(PyObject* value, render::Cell& cell);
  bool ReadStr(PyObject* value, render::CellKind kind, render::Cell& cell);
  bool TakeText(PyObject* text, render::Cell& cell);
  bool TakeText(PyObject* text, std::string_view& into);
  // str() of a value whose type prints otherwise than its kind does.
  bool Print(PyObject* value, render::Cell& cell);
  bool PrintOwn(PyObject* value, const PyTypeObject* base, render::Cell& cell);
  bool ReadOther(PyObject* value, render::Cell& cell);
  // Kept until the next row.
  PyObject* Keep(PyObject* owned);
  void Drop();

  std::vector<render::Cell> cells_;
  size_t failed_column_ = 0;
  std::vector<PyObject*> kept_;
  // Owned; constant after construction.
  PyObject* decimal_ = nullptr;
  PyObject* uuid_ = nullptr;
  PyObject* enum_ = nullptr;
};

}  // namespace carrel::python
