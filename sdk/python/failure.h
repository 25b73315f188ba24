// Turns what Python raised into the failure that the host shows.
#pragma once

#include <string>

#include "sdk/python/py_object.h"
#include "sdk/worker/language_host.h"

namespace carrel::python {

// What was going on when it was raised.
enum class Stage { kLoad, kRun };

// Takes the pending Python exception; there must be one. Never throws, whatever the exception does
// when it is looked at.
sdk::ReportFailure TakeFailure(Stage stage, const std::string& entrypoint);

}  // namespace carrel::python
