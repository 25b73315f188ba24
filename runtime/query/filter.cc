#include "runtime/query/filter.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "runtime/base/text.h"

namespace carrel::query {
namespace {

constexpr size_t kShown = 60;

constexpr unsigned Bit(FieldType type) { return 1U << static_cast<unsigned>(type); }
constexpr unsigned kOrdered =
    Bit(FieldType::kInteger) | Bit(FieldType::kDecimal) | Bit(FieldType::kTime);
constexpr unsigned kListed = kOrdered | Bit(FieldType::kText) | Bit(FieldType::kChoice);
constexpr unsigned kAll = kListed | Bit(FieldType::kBoolean);

struct OperatorRow {
  std::string_view name;
  unsigned types;
  Node::Kind kind;
  enum class Turn : uint8_t { kNo, kYes } negated;
};

// gt is the opposite of le on a value that is there, and so on.
constexpr std::array kOperators = {
    OperatorRow{"eq", kAll, Node::Kind::kIn, OperatorRow::Turn::kNo},
    OperatorRow{"ne", kAll, Node::Kind::kIn, OperatorRow::Turn::kYes},
    OperatorRow{"in", kListed, Node::Kind::kIn, OperatorRow::Turn::kNo},
    OperatorRow{"out", kListed, Node::Kind::kIn, OperatorRow::Turn::kYes},
    OperatorRow{"lt", kOrdered, Node::Kind::kLess, OperatorRow::Turn::kNo},
    OperatorRow{"le", kOrdered, Node::Kind::kLessOrEqual, OperatorRow::Turn::kNo},
    OperatorRow{"gt", kOrdered, Node::Kind::kLessOrEqual, OperatorRow::Turn::kYes},
    OperatorRow{"ge", kOrdered, Node::Kind::kLess, OperatorRow::Turn::kYes},
    OperatorRow{"like", Bit(FieldType::kText), Node::Kind::kLike, OperatorRow::Turn::kNo},
    OperatorRow{"ilike", Bit(FieldType::kText), Node::Kind::kLike, OperatorRow::Turn::kNo},
};

Node Not(Node inner) {
  Node out{.kind = Node::Kind::kNot};
  out.children.push_back(std::move(inner));
  return out;
}

class Binder {
 public:
  explicit Binder(const Schema& schema) : schema_(schema) {}

  Node Bind(const Term& term) {
    if (term.kind == Term::Kind::kCompare) return BindComparison(term);
    Node out{.kind = term.kind == Term::Kind::kAnd  ? Node::Kind::kAnd
                     : term.kind == Term::Kind::kOr ? Node::Kind::kOr
                                                    : Node::Kind::kNot};
    for (const Term& child : term.children) out.children.push_back(Bind(child));
    return out;
  }

  Status Finish() const {
    if (faults_.empty()) return {};
    return Fail(Code::kInvalid, Join(faults_, "\n"));
  }

 private:
  Node BindComparison(const Term& term) {
    const auto field = std::ranges::find(schema_.fields, term.property, &Field::name);
    if (field == schema_.fields.end()) {
      std::vector<std::string> names;
      for (const Field& known : schema_.fields) names.emplace_back(known.name);
      return Fault(
          term, fmt::format("no field of {}{}", schema_.object, DidYouMean(term.property, names)));
    }
    const auto row = std::ranges::find(kOperators, term.op, &OperatorRow::name);
    if ((row->types & Bit(field->type)) == 0) {
      return Fault(term, fmt::format("'{}' is not for a {} field", term.op, Name(field->type)));
    }
    count_ += term.values.size();
    if (count_ > kMaxValues) {
      return Fault(term, fmt::format("more than {} values in one query", kMaxValues));
    }
    Node out{.kind = row->kind, .field = static_cast<size_t>(field - schema_.fields.begin())};
    if (row->kind == Node::Kind::kLike) return BindLike(term, *field, std::move(out));
    if (row->kind == Node::Kind::kIn) {
      Node in = BindList(term, *field, std::move(out));
      return row->negated == OperatorRow::Turn::kYes ? Not(std::move(in)) : in;
    }
    return BindOrder(term, *row, *field, std::move(out));
  }

  // A null has no place in an order: the comparison is false, turned or not.
  Node BindOrder(const Term& term, const OperatorRow& row, const Field& field, Node out) {
    const Literal& literal = term.values.front();
    if (literal.kind != Literal::Kind::kText) {
      return Fault(term, fmt::format("'{}' needs a value", term.op));
    }
    if (!AddValue(term, field, literal, out.values)) return {};
    if (row.negated == OperatorRow::Turn::kNo) return out;
    Node there = Not({.kind = Node::Kind::kIsNull, .field = out.field});
    Node both{.kind = Node::Kind::kAnd};
    if (field.nullable == Nullable::kYes) both.children.push_back(std::move(there));
    both.children.push_back(Not(std::move(out)));
    return both;
  }

  Node BindList(const Term& term, const Field& field, Node out) {
    Node any{.kind = Node::Kind::kOr};
    for (const Literal& literal : term.values) {
      if (literal.kind == Literal::Kind::kNull) {
        if (field.nullable == Nullable::kNo) {
          return Fault(term, "the field is never null");
        }
        any.children.push_back({.kind = Node::Kind::kIsNull, .field = out.field});
      } else if (!AddValue(term, field, literal, out.values)) {
        return {};
      }
    }
    if (any.children.empty()) return out;
    any.children.push_back(std::move(out));
    return any;
  }

  Node BindLike(const Term& term, const Field& field, Node out) {
    const Literal& literal = term.values.front();
    if (literal.kind != Literal::Kind::kText) {
      out.kind = Node::Kind::kIn;
      return BindList(term, field, std::move(out));
    }
    std::string text = literal.text;
    bool starts = false;
    bool ends = false;
    for (const size_t star : literal.stars) {
      starts = starts || star == 0;
      ends = ends || (star + 1 == text.size() && star != 0);
      if (star == 0 || star + 1 == text.size()) continue;
      return Fault(term, "* is a wildcard only at the start and at the end; write \\* for itself");
    }
    if (ends) text.pop_back();
    if (starts) text.erase(0, 1);
    if (starts && text.empty()) return Not({.kind = Node::Kind::kIsNull, .field = out.field});
    out.anchor = starts && ends ? Node::Anchor::kAnywhere
                 : starts       ? Node::Anchor::kEnd
                 : ends         ? Node::Anchor::kStart
                                : Node::Anchor::kWhole;
    out.letters = term.op == "ilike" ? Node::Case::kFolded : Node::Case::kExact;
    if (out.letters == Node::Case::kFolded) text = FoldCase(text);
    out.values.emplace_back(std::move(text));
    return out;
  }

  // False after a fault.
  bool AddValue(const Term& term, const Field& field, const Literal& literal,
                std::vector<Value>& values) {
    if (literal.kind == Literal::Kind::kEmpty) {
      if (field.type != FieldType::kText) {
        Fault(term, fmt::format("empty() is not for a {} field", Name(field.type)));
        return false;
      }
      values.emplace_back(std::string());
      return true;
    }
    if (field.type == FieldType::kChoice) return AddChoice(term, field, literal, values);
    auto value = ParseValue(field.type, literal.text);
    if (!value) {
      Fault(term, value.error().message);
      return false;
    }
    values.push_back(std::move(*value));
    return true;
  }

  bool AddChoice(const Term& term, const Field& field, const Literal& literal,
                 std::vector<Value>& values) {
    bool found = false;
    std::vector<std::string> names;
    for (const Choice& choice : field.choices) {
      names.emplace_back(choice.name);
      if (choice.name != literal.text) continue;
      values.emplace_back(choice.code);
      found = true;
    }
    if (!found) {
      Fault(term,
            fmt::format("'{}' is none of {}", Truncate(literal.text, kShown), Join(names, ", ")));
    }
    return found;
  }

  Node Fault(const Term& term, std::string_view what) {
    faults_.push_back(fmt::format("query: character {}, {}({}, ...): {}", term.at, term.op,
                                  Truncate(term.property, kShown), what));
    return {};
  }

  const Schema& schema_;
  size_t count_ = 0;
  std::vector<std::string> faults_;
};

bool IsLike(const Node& node, const std::string& given) {
  const auto& needle = std::get<std::string>(node.values.front());
  const std::string text = node.letters == Node::Case::kFolded ? FoldCase(given) : given;
  switch (node.anchor) {
    case Node::Anchor::kWhole:
      return text == needle;
    case Node::Anchor::kStart:
      return text.starts_with(needle);
    case Node::Anchor::kEnd:
      return text.ends_with(needle);
    case Node::Anchor::kAnywhere:
      return text.contains(needle);
  }
  return false;
}

}  // namespace

Result<Node> BindTerms(std::span<const Term> terms, const Schema& schema) {
  Binder binder(schema);
  Node all{.kind = Node::Kind::kAnd};
  for (const Term& term : terms) all.children.push_back(binder.Bind(term));
  CARREL_TRY(binder.Finish());
  return all;
}

Node SearchFor(std::string_view text, const Schema& schema) {
  Node any{.kind = Node::Kind::kOr};
  for (size_t i = 0; i < schema.fields.size(); ++i) {
    if (schema.fields[i].searched == Searched::kNo) continue;
    any.children.push_back({.kind = Node::Kind::kLike,
                            .field = i,
                            .values = {Value(FoldCase(text))},
                            .anchor = Node::Anchor::kAnywhere,
                            .letters = Node::Case::kFolded});
  }
  return any;
}

bool Matches(const Node& node, const Record& record) {
  const auto holds = [&](const Node& child) { return Matches(child, record); };
  switch (node.kind) {
    case Node::Kind::kAnd:
      return std::ranges::all_of(node.children, holds);
    case Node::Kind::kOr:
      return std::ranges::any_of(node.children, holds);
    case Node::Kind::kNot:
      return !holds(node.children.front());
    default:
      break;
  }
  const Value value = record.Get(node.field);
  const bool is_null = std::holds_alternative<std::monostate>(value);
  if (node.kind == Node::Kind::kIsNull) return is_null;
  if (is_null) return false;
  switch (node.kind) {
    case Node::Kind::kIn:
      return std::ranges::find(node.values, value) != node.values.end();
    case Node::Kind::kLess:
      return value < node.values.front();
    case Node::Kind::kLessOrEqual:
      return value <= node.values.front();
    default:
      return IsLike(node, std::get<std::string>(value));
  }
}

}  // namespace carrel::query
