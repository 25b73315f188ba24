// Prints the state tables as the page runtime/docs/states.md; a test holds the page equal to it.
#pragma once

#include <string>

namespace carrel::report {

// The first part of the page; the states of usage follow (runtime/usage/state_diagrams.h).
std::string StatesPage();

}  // namespace carrel::report
