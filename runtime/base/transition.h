// What every state table is made of, and the questions asked of one. A table is plain constexpr
// data; nothing else decides what may happen to an object.
#pragma once

#include <fmt/format.h>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/base/text.h"

namespace carrel {

// Several bits of `Who`, an enumeration with one bit a party.
template <typename Who>
struct WhoSet {
  unsigned bits = 0;
  constexpr bool Has(Who who) const { return (bits & static_cast<unsigned>(who)) != 0; }
};

template <typename Who, typename... Others>
constexpr WhoSet<Who> By(Who first, Others... others) {
  return WhoSet<Who>{(static_cast<unsigned>(first) | ... | static_cast<unsigned>(others))};
}

template <typename State, typename Action, typename Who>
struct Transition {
  State from;
  Action action;
  State to;
  WhoSet<Who> who;
  std::string_view note;
};

// A table of {value, name} pairs read in both directions: the name of `value`, "" when it has none;
// the value called `name`, nullopt when there is none.
template <typename Names, typename Value>
constexpr std::string_view NameIn(const Names& names, Value value) {
  for (const auto& [candidate, name] : names) {
    if (candidate == value) return name;
  }
  return {};
}

template <typename Names>
constexpr auto ValueNamed(const Names& names, std::string_view name)
    -> std::optional<typename Names::value_type::first_type> {
  for (const auto& [value, candidate] : names) {
    if (candidate == name) return value;
  }
  return std::nullopt;
}

// The actions that `who` may take in `state`, in the order of the table.
template <typename State, typename Action, typename Who>
std::vector<Action> ActionsIn(std::span<const Transition<State, Action, Who>> table, State state,
                              Who who) {
  std::vector<Action> actions;
  for (const auto& row : table) {
    if (row.from == state && row.who.Has(who)) actions.push_back(row.action);
  }
  return actions;
}

// The state after `action`. kConflict, with the actions that are allowed, when the state has no
// such action; kDenied when it has but `who` may not take it.
template <typename State, typename Action, typename Who>
Result<State> StateAfter(std::span<const Transition<State, Action, Who>> table,
                         std::string_view object, State state, Action action, Who who) {
  for (const auto& row : table) {
    if (row.from != state || row.action != action) continue;
    if (row.who.Has(who)) return row.to;
    return Fail(Code::kDenied, fmt::format("'{}' of {} {} is not for the role {}", Name(action),
                                           WithArticle(Name(state)), object, Name(who)));
  }
  std::vector<std::string> allowed;
  for (const Action other : ActionsIn(table, state, who)) allowed.emplace_back(Name(other));
  return Fail(Code::kConflict, fmt::format("'{}' is not possible for {} {}; possible now: {}",
                                           Name(action), WithArticle(Name(state)), object,
                                           allowed.empty() ? "nothing" : Join(allowed, ", ")));
}

// The table as a mermaid state diagram; states drawn as [*] are `none` and `gone`.
template <typename State, typename Action, typename Who>
std::string Diagram(std::span<const Transition<State, Action, Who>> table, State none, State gone,
                    std::span<const Who> everybody) {
  std::string out = "stateDiagram-v2\n";
  for (const auto& row : table) {
    std::vector<std::string> parties;
    for (const Who who : everybody) {
      if (row.who.Has(who)) parties.emplace_back(Name(who));
    }
    const auto shown = [&](State state) {
      return state == none || state == gone ? std::string_view("[*]") : Name(state);
    };
    out += fmt::format("    {} --> {}: {} ({})\n", shown(row.from), shown(row.to), Name(row.action),
                       Join(parties, ", "));
  }
  return out;
}

// The diagram and the table below a heading, as Markdown.
template <typename State, typename Action, typename Who>
std::string StateSection(std::string_view title,
                         std::span<const Transition<State, Action, Who>> table, State none,
                         State gone, std::span<const Who> everybody) {
  std::string out =
      fmt::format("## {}\n\n```mermaid\n{}```\n\n", title, Diagram(table, none, gone, everybody));
  out += "| from | action | to | when |\n|---|---|---|---|\n";
  for (const auto& row : table) {
    out += fmt::format("| {} | {} | {} | {} |\n", Name(row.from), Name(row.action), Name(row.to),
                       row.note);
  }
  return out;
}

}  // namespace carrel
