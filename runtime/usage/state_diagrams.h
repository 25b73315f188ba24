// Prints the state tables of usage as the last part of runtime/docs/states.md; a test holds the
// page equal to it.
#pragma once

#include <string>

namespace carrel::usage {

std::string StatesSections();

}  // namespace carrel::usage
