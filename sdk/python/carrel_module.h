// The built-in Python module `_carrel`: what our Python packages use of the worker.
//
//   call(connection, method, path, query, headers, body) -> (status, headers, body)
//       headers: dict of str; body: bytes or None. Raises CallError with the host's reason.
//   progress(value, max)
//       Never raises; anything that is no number is ignored.
//   CallError
#pragma once

#include <memory>

#include "sdk/python/door.h"
#include "sdk/python/py_object.h"

namespace carrel::python {

// Before the interpreter starts.
void RegisterCarrelModule();

// Makes `call` and `progress` of the module go through `door`. Needs the interpreter lock; throws
// pybind11::error_already_set.
void OpenDoor(const std::shared_ptr<Door>& door);

}  // namespace carrel::python
