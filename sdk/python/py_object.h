// Lets headers name Python objects without including Python, whose headers stay in the .cc files.
#pragma once

struct _object;  // NOLINT: the name that CPython gave it
using PyObject = struct _object;
struct _typeobject;  // NOLINT: likewise
using PyTypeObject = struct _typeobject;
