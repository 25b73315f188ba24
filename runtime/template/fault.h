// What is wrong with a template repository, said so that its author finds the place at once. All
// checks of this room report through these types; fault_text.h turns them into output.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace carrel::manifest {

enum class Severity { kError, kWarning };

// "error", "warning".
std::string_view SeverityName(Severity severity);

// Where a fault is. `line` and `column` count from 1, columns in Unicode code points; 0 means the
// whole file.
struct Place {
  std::string file{};  // relative to the repository
  int line = 0;
  int column = 0;
  std::string path{};  // "$.reports[0].renderers[1].type"; empty outside reports.json
};

struct Fault {
  Severity severity = Severity::kError;
  std::string rule{};  // stable, kebab-case: "unknown-key", "file-missing"
  Place place{};
  std::string message{};  // a whole sentence part; already names what was found and expected
  std::string found{};    // the same for machines; empty when it does not apply
  std::string expected{};
  std::string near_miss{};  // "" when nothing is near
};

bool HasErrors(std::span<const Fault> faults);

// Collects faults. A hostile file can hold more faults than anybody reads: beyond kMaxFaults they
// are only counted, and the last entry says how many.
class FaultList {
 public:
  static constexpr size_t kMaxFaults = 1000;

  void Add(Fault fault);
  void Append(std::vector<Fault> faults);
  // Sorted by file and place; the list is empty afterwards.
  std::vector<Fault> Take();

 private:
  std::vector<Fault> faults_;
  size_t left_out_ = 0;
};

// `text` in single quotes as part of a message: controls escaped, at most 80 bytes.
std::string Quoted(std::string_view text);
// The nearest candidate, "" for a word too long to be a slip.
std::string Nearest(std::string_view word, std::span<const std::string> candidates);
// "; did you mean 'x'?" or "".
std::string DidYouMean(std::string_view near_miss);

}  // namespace carrel::manifest
