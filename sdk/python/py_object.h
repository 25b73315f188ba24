// Lets headers name Python objects without including Python, whose headers stay in the .cc files.
#pragma once

struct _object;
using PyObject = struct _object;
