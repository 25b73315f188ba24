#include "runtime/template/fault.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "runtime/base/text.h"

namespace carrel::manifest {
namespace {

constexpr size_t kMaxQuoted = 80;
constexpr size_t kMaxNearMissWord = 100;

auto SortKey(const Fault& fault) {
  // reports.json first: it is what the author edits
  return std::tuple(fault.place.file != "reports.json", std::string_view(fault.place.file),
                    fault.place.line, fault.place.column);
}

// Two neighbouring letters exchanged, a slip that counts as two edits: "cvs" for "csv".
bool IsSwap(std::string_view word, std::string_view candidate) {
  if (word.size() != candidate.size()) return false;
  const auto [a, b] = std::ranges::mismatch(word, candidate);
  if (a == word.end() || a + 1 == word.end()) return false;
  return *a == *(b + 1) && *(a + 1) == *b && std::equal(a + 2, word.end(), b + 2);
}

}  // namespace

std::string_view SeverityName(Severity severity) {
  return severity == Severity::kError ? "error" : "warning";
}

bool HasErrors(std::span<const Fault> faults) {
  return std::ranges::any_of(faults, [](const Fault& f) { return f.severity == Severity::kError; });
}

void FaultList::Add(Fault fault) {
  if (faults_.size() < kMaxFaults) {
    faults_.push_back(std::move(fault));
    return;
  }
  ++left_out_;
  if (fault.severity != Severity::kError) return;
  // an error is worth more than a warning: the verdict must not depend on the order
  const auto warning = std::ranges::find(faults_, Severity::kWarning, &Fault::severity);
  if (warning != faults_.end()) *warning = std::move(fault);
}

void FaultList::Append(std::vector<Fault> faults) {
  for (Fault& fault : faults) Add(std::move(fault));
}

std::vector<Fault> FaultList::Take() {
  std::ranges::stable_sort(faults_,
                           [](const Fault& a, const Fault& b) { return SortKey(a) < SortKey(b); });
  if (left_out_ > 0) {
    Fault more;
    more.severity = Severity::kWarning;  // errors are kept in preference to warnings
    more.rule = "too-many-faults";
    more.place = faults_.back().place;
    more.message = fmt::format("{} more faults are not shown", left_out_);
    faults_.push_back(std::move(more));
  }
  left_out_ = 0;
  return std::exchange(faults_, {});
}

std::string Quoted(std::string_view text) {
  std::string escaped = EscapeControls(Truncate(text, kMaxQuoted));
  for (size_t at = 0; (at = escaped.find_first_of("\n\t", at)) != std::string::npos; at += 2) {
    escaped.replace(at, 1, escaped[at] == '\n' ? "\\n" : "\\t");
  }
  return "'" + escaped + "'";
}

std::string Nearest(std::string_view word, std::span<const std::string> candidates) {
  if (word.empty() || word.size() > kMaxNearMissWord) return {};
  if (std::string near = NearMiss(word, candidates); !near.empty()) return near;
  const auto it = std::ranges::find_if(
      candidates, [&](const std::string& candidate) { return IsSwap(word, candidate); });
  return it == candidates.end() ? std::string() : *it;
}

std::string DidYouMean(std::string_view near_miss) {
  return near_miss.empty() ? std::string() : "; did you mean " + Quoted(near_miss) + "?";
}

}  // namespace carrel::manifest
