#include "runtime/report/state_diagrams.h"

#include "runtime/report/report_state.h"
#include "runtime/report/repository_state.h"
#include "runtime/report/template_state.h"

namespace carrel::report {
namespace {

constexpr Who kEverybody[] = {Who::kUser, Who::kSchedule, Who::kAdmin, Who::kSystem};

template <typename State, typename Action>
std::string Section(std::string_view title, std::span<const Transition<State, Action>> table) {
  return StateSection(title, table, State::kNone, State::kDeleted,
                      std::span<const Who>(kEverybody));
}

}  // namespace

std::string StatesPage() {
  return "# States\n\n"
         "Printed from the tables in runtime/report/*_state.cc and runtime/usage/*_state.cc; tests "
         "hold this page equal to them.\nWho may take a step stands behind its name. *none* is "
         "before an object is "
         "created, *deleted* after it is removed.\n\n" +
         Section("Report", ReportTransitions()) + "\n" +
         Section("Repository", RepositoryTransitions()) + "\n" +
         Section("Template", TemplateTransitions());
}

}  // namespace carrel::report
