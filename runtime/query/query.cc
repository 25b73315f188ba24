#include "runtime/query/query.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "runtime/base/text.h"

namespace carrel::query {
namespace {

constexpr size_t kShown = 60;

class Compiler {
 public:
  explicit Compiler(const Schema& schema) : schema_(schema) {}

  Result<Query> Compile(const Syntax& syntax) {
    auto filter = BindTerms(syntax.terms, schema_);
    if (filter) {
      out_.filter = std::move(*filter);
    } else {
      faults_.push_back(filter.error().message);
    }
    if (syntax.search && !syntax.search->empty()) {
      out_.filter.children.push_back(SearchFor(*syntax.search, schema_));
    }
    for (const SignedName& name : syntax.ordering) AddOrder(name);
    for (const SignedName& name : syntax.select) AddSelect(name);
    if (syntax.limit) out_.limit = ReadCount("limit", *syntax.limit, kMaxLimit);
    if (syntax.offset) out_.offset = ReadCount("offset", *syntax.offset, INT64_MAX);
    if (!faults_.empty()) return Fail(Code::kInvalid, Join(faults_, "\n"));
    return std::move(out_);
  }

 private:
  void AddOrder(const SignedName& name) {
    const auto field = std::ranges::find(schema_.fields, name.name, &Field::name);
    if (field == schema_.fields.end()) return NoSuchField("ordering", name.name);
    out_.ordering.push_back({static_cast<size_t>(field - schema_.fields.begin()), name.sign});
  }

  // A field, or what several fields are inside of.
  void AddSelect(const SignedName& name) {
    const auto is_known = [&](std::string_view known) {
      return known == name.name || known.starts_with(name.name + ".");
    };
    if (!std::ranges::any_of(schema_.fields, is_known, &Field::name) &&
        !std::ranges::any_of(schema_.selectable, is_known)) {
      return NoSuchField("select", name.name);
    }
    if (name.sign == SignedName::Sign::kMinus) out_.hidden.push_back(name.name);
  }

  void NoSuchField(std::string_view where, const std::string& name) {
    std::vector<std::string> names;
    for (const Field& field : schema_.fields) names.emplace_back(field.name);
    faults_.push_back(fmt::format("query: {}({}): no field of {}{}", where, Truncate(name, kShown),
                                  schema_.object, DidYouMean(name, names)));
  }

  int64_t ReadCount(std::string_view what, std::string_view text, int64_t most) {
    int64_t count = -1;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error == std::errc() && end == text.data() + text.size() && count >= 0 && count <= most) {
      return count;
    }
    const std::string upper =
        most == INT64_MAX ? " of 0 or more" : fmt::format(" from 0 to {}", most);
    faults_.push_back(
        fmt::format("query: {}: '{}' is no whole number{}", what, Truncate(text, kShown), upper));
    return 0;
  }

  const Schema& schema_;
  Query out_;
  std::vector<std::string> faults_;
};

}  // namespace

Result<Query> Compile(std::string_view text, const Schema& schema) {
  CARREL_ASSIGN_OR_RETURN(const Syntax syntax, ParseQuery(text));
  return Compiler(schema).Compile(syntax);
}

Result<Node> CompileFilter(std::string_view text, const Schema& schema) {
  CARREL_ASSIGN_OR_RETURN(const Syntax syntax, ParseQuery(text));
  if (!syntax.ordering.empty() || !syntax.select.empty() || syntax.search || syntax.limit ||
      syntax.offset) {
    return Fail(Code::kInvalid,
                "query: a filter has no ordering, select, search, limit and offset");
  }
  return BindTerms(syntax.terms, schema);
}

void Hide(const Query& query, Json& object) {
  for (const std::string& path : query.hidden) {
    const std::vector<std::string> steps = Split(path, '.');
    Json* at = &object;
    for (size_t i = 0; i + 1 < steps.size() && at->is_object(); ++i) {
      const auto next = at->find(steps[i]);
      if (next == at->end()) break;
      at = &*next;
      if (i + 2 == steps.size() && at->is_object()) at->erase(steps.back());
    }
    if (steps.size() == 1) object.erase(path);
  }
}

}  // namespace carrel::query
