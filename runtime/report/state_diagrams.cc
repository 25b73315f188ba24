#include "runtime/report/state_diagrams.h"

#include "runtime/report/report_state.h"
#include "runtime/report/repository_state.h"
#include "runtime/report/template_state.h"

namespace carrel::report {
namespace {

template <typename State, typename Action>
std::string Section(std::string_view title, std::span<const Transition<State, Action>> table) {
  std::string out = fmt::format("## {}\n\n```mermaid\n{}```\n\n", title,
                                Diagram(table, State::kNone, State::kDeleted));
  out += "| from | action | to | when |\n|---|---|---|---|\n";
  for (const auto& row : table) {
    out += fmt::format("| {} | {} | {} | {} |\n", Name(row.from), Name(row.action), Name(row.to),
                       row.note);
  }
  return out;
}

}  // namespace

std::string StatesPage() {
  return "# States\n\n"
         "Printed from the tables in runtime/report/*_state.cc; a test holds this page equal to "
         "them.\nWho may take a step stands behind its name. *none* is before an object is "
         "created, *deleted* after it is removed.\n\n" +
         Section("Report", ReportTransitions()) + "\n" +
         Section("Repository", RepositoryTransitions()) + "\n" +
         Section("Template", TemplateTransitions());
}

}  // namespace carrel::report
