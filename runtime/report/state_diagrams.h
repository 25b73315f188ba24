// Prints the state tables as the page runtime/docs/states.md; a test holds the page equal to it.
#pragma once

#include <string>

namespace carrel::report {

std::string StatesPage();

}  // namespace carrel::report
