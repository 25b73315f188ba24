// The processes of a zygote that a test started with an argument of its own: other tests run at the
// same time, and so may other copies of this one.
#pragma once

#include <string>

namespace carrel::sandbox {

// "--marker-<pid of this process>": an argument that the test workers ignore.
std::string OwnMarker();

// Processes whose command line holds `marker`.
int CountMarked(const std::string& marker);

}  // namespace carrel::sandbox
