// A test of this program run again on a machine that grants no user namespaces.
#pragma once

#include <sys/types.h>

namespace carrel::sandbox {

// Runs the tests of `filter`, disabled ones too, in a user namespace that may have no further ones,
// as `uid` there: 0, or an ordinary user. A caller who is not root can only be who it is. The exit
// status of the tests, -1 when they were killed.
int RunWithoutUserNamespaces(const char* filter, uid_t uid);

}  // namespace carrel::sandbox
