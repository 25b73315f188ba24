// What a run that did not end well means: the sentence its owner reads, and whether its template
// may run again.
#pragma once

#include <string>

#include "runtime/report/executor.h"
#include "runtime/report/repository_store.h"

namespace carrel::report {

// The report's `notes`. A limit is named with its value.
std::string DescribeFailure(const Outcome& outcome, const Limits& limits);

// Templates of the system are never blocked. Of custom ones: those whose code raised an exception
// it did not announce, could not be loaded, broke the sandbox's rules, or was refused by an api
// (401, 403).
enum class Consequence { kNone, kBlockTemplate };
Consequence ConsequenceOf(const Outcome& outcome, Origin origin);

}  // namespace carrel::report
