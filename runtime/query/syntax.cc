#include "runtime/query/syntax.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "runtime/base/text.h"

namespace carrel::query {
namespace {

constexpr size_t kShown = 30;
constexpr std::array<std::string_view, 10> kComparisons = {"eq", "ne",   "gt",    "ge", "lt",
                                                           "le", "like", "ilike", "in", "out"};
constexpr std::array<std::string_view, 15> kOperators = {
    "eq", "ne",  "gt",  "ge", "lt",  "le",       "like",  "ilike",
    "in", "out", "and", "or", "not", "ordering", "select"};

bool IsComparison(std::string_view word) {
  return std::ranges::find(kComparisons, word) != kComparisons.end();
}

bool TakesList(std::string_view op) { return op == "in" || op == "out"; }

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsNameCharacter(char c) {
  return IsLetter(c) || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<Syntax> Parse() {
    while (true) {
      while (Accept('&') || Accept(',')) {
      }
      if (IsAtEnd()) return std::move(out_);
      CARREL_TRY(ParsePart());
      if (!IsAtEnd() && Peek() != '&' && Peek() != ',') {
        return Fault(Peek() == '|' || Peek() == ';' ? "| and ; need parentheses around them"
                                                    : "expected & or the end");
      }
    }
  }

 private:
  // Inside of a comparison's parentheses "=" is text.
  enum class Equals : uint8_t { kIsText, kEndsText };

  bool IsAtEnd() {
    SkipSpaces();
    return at_ == text_.size();
  }
  char Peek() { return IsAtEnd() ? '\0' : text_[at_]; }
  bool Accept(char c) {
    if (IsAtEnd() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void SkipSpaces() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }
  Status Expect(char c) {
    if (Accept(c)) return {};
    return Fault(fmt::format("expected '{}'", c));
  }
  std::unexpected<Error> FaultAt(size_t at, std::string_view what) {
    const std::string_view rest = text_.substr(std::min(at, text_.size()));
    const std::string near =
        rest.empty() ? "at its end" : fmt::format("near '{}'", Truncate(rest, kShown));
    return Fail(Code::kInvalid, fmt::format("query: character {}, {}: {}", at + 1, near, what));
  }
  std::unexpected<Error> Fault(std::string_view what) {
    SkipSpaces();
    return FaultAt(at_, what);
  }

  Result<std::string> ParseName(std::string_view what) {
    SkipSpaces();
    const size_t begin = at_;
    if (at_ == text_.size() || !IsLetter(text_[at_])) {
      return Fault(fmt::format("expected {}", what));
    }
    while (at_ < text_.size() && IsNameCharacter(text_[at_])) ++at_;
    return std::string(text_.substr(begin, at_ - begin));
  }

  Status ParsePart() {
    const size_t begin = at_;
    if (IsLetter(Peek())) {
      CARREL_ASSIGN_OR_RETURN(const std::string word, ParseName("a name"));
      if (word == "ordering" && Peek() == '(') return ParseNames(begin, word, out_.ordering);
      if (word == "select" && Peek() == '(') return ParseNames(begin, word, out_.select);
      if (word == "search") return ParseOption(begin, word, out_.search);
      if (word == "limit") return ParseOption(begin, word, out_.limit);
      if (word == "offset") return ParseOption(begin, word, out_.offset);
      at_ = begin;
    }
    CARREL_ASSIGN_OR_RETURN(Term term, ParseTerm(1));
    out_.terms.push_back(std::move(term));
    return {};
  }

  Status ParseOption(size_t begin, std::string_view word, std::optional<std::string>& slot) {
    if (slot) return FaultAt(begin, fmt::format("a second {}", word));
    const bool is_call = Accept('(');
    if (!is_call) CARREL_TRY(Expect('='));
    CARREL_ASSIGN_OR_RETURN(Literal value, ParseLiteral(Equals::kIsText));
    if (value.kind != Literal::Kind::kText) {
      return FaultAt(begin, fmt::format("{} takes a value", word));
    }
    if (is_call) CARREL_TRY(Expect(')'));
    slot = std::move(value.text);
    return {};
  }

  Status ParseNames(size_t begin, std::string_view word, std::vector<SignedName>& names) {
    if (!names.empty()) return FaultAt(begin, fmt::format("a second {}", word));
    CARREL_TRY(Expect('('));
    do {
      SignedName name;
      if (Accept('-')) {
        name.sign = SignedName::Sign::kMinus;
      } else {
        Accept('+');
      }
      CARREL_ASSIGN_OR_RETURN(name.name, ParseName("a property"));
      names.push_back(std::move(name));
    } while (Accept(','));
    return Expect(')');
  }

  Result<Term> ParseTerm(int level) {
    SkipSpaces();
    const size_t begin = at_;
    if (level > kMaxLevels) {
      return FaultAt(begin, fmt::format("nested deeper than {} levels", kMaxLevels));
    }
    if (Accept('(')) return ParseGroup(level);
    CARREL_ASSIGN_OR_RETURN(std::string word, ParseName("a comparison"));
    if (Accept('(')) return ParseCall(begin, word, level);
    if (Accept('=')) return ParseAssignment(begin, std::move(word));
    return Fault("expected ( or =");
  }

  // The "(" is read.
  Result<Term> ParseGroup(int level) {
    Term any{.kind = Term::Kind::kOr};
    do {
      Term all{.kind = Term::Kind::kAnd};
      do {
        CARREL_ASSIGN_OR_RETURN(Term term, ParseTerm(level + 1));
        all.children.push_back(std::move(term));
      } while (Accept('&') || Accept(','));
      any.children.push_back(all.children.size() == 1 ? Term(std::move(all.children.front()))
                                                      : std::move(all));
    } while (Accept('|') || Accept(';'));
    if (!Accept(')')) return Fault("expected ) or one of & , | ;");
    if (any.children.size() == 1) return Term(std::move(any.children.front()));
    return any;
  }

  Result<Term> ParseCall(size_t begin, const std::string& word, int level) {
    if (word == "and" || word == "or") {
      return ParseLogic(word == "and" ? Term::Kind::kAnd : Term::Kind::kOr, level);
    }
    if (word == "not") {
      Term out{.kind = Term::Kind::kNot};
      CARREL_ASSIGN_OR_RETURN(Term inner, ParseTerm(level + 1));
      out.children.push_back(std::move(inner));
      CARREL_TRY(Expect(')'));
      return out;
    }
    if (!IsComparison(word)) return UnknownOperator(begin, word);
    Term out{.op = word, .at = begin + 1};
    CARREL_ASSIGN_OR_RETURN(out.property, ParseName("a property"));
    CARREL_TRY(Expect(','));
    CARREL_TRY(ParseOperand(out, Equals::kIsText));
    CARREL_TRY(Expect(')'));
    return out;
  }

  Result<Term> ParseLogic(Term::Kind kind, int level) {
    Term out{.kind = kind};
    const auto more = [&] {
      if (Accept(',')) return true;
      return kind == Term::Kind::kAnd ? Accept('&') : Accept('|') || Accept(';');
    };
    do {
      CARREL_ASSIGN_OR_RETURN(Term term, ParseTerm(level + 1));
      out.children.push_back(std::move(term));
    } while (more());
    CARREL_TRY(Expect(')'));
    return out;
  }

  // "property=" is read.
  Result<Term> ParseAssignment(size_t begin, std::string property) {
    Term out{.op = "eq", .property = std::move(property), .at = begin + 1};
    const size_t after = at_;
    if (IsLetter(Peek())) {
      CARREL_ASSIGN_OR_RETURN(const std::string word, ParseName("a value"));
      if (Accept('=')) {
        if (!IsComparison(word)) return UnknownOperator(after, word);
        out.op = word;
      } else {
        at_ = after;
      }
    }
    CARREL_TRY(ParseOperand(out, Equals::kEndsText));
    return out;
  }

  std::unexpected<Error> UnknownOperator(size_t at, std::string_view word) {
    const std::vector<std::string> known(kOperators.begin(), kOperators.end());
    return FaultAt(at, fmt::format("unknown operator '{}'{}", Truncate(word, kShown),
                                   DidYouMean(word, known)));
  }

  Status ParseOperand(Term& out, Equals equals) {
    if (!TakesList(out.op)) {
      CARREL_ASSIGN_OR_RETURN(Literal value, ParseLiteral(equals));
      out.values.push_back(std::move(value));
      return {};
    }
    if (!Accept('(')) return Fault(fmt::format("{} takes a list: (a,b)", out.op));
    if (Accept(')')) return {};
    do {
      CARREL_ASSIGN_OR_RETURN(Literal value, ParseLiteral(Equals::kIsText));
      out.values.push_back(std::move(value));
    } while (Accept(','));
    return Expect(')');
  }

  Result<Literal> ParseLiteral(Equals equals) {
    const char first = Peek();
    if (first == '"' || first == '\'') return ParseQuoted(first);
    const size_t begin = at_;
    Literal out;
    const std::string_view stops = equals == Equals::kIsText ? ",)(&|;" : ",)(&|;=";
    while (at_ < text_.size() && stops.find(text_[at_]) == std::string_view::npos) Take(out);
    while (!out.text.empty() && out.text.back() == ' ') out.text.pop_back();
    if (at_ < text_.size() && text_[at_] == '(') return ParseConstant(begin, out.text);
    if (out.text.empty()) return Fault("expected a value; the empty text is empty()");
    return out;
  }

  Result<Literal> ParseConstant(size_t begin, std::string_view word) {
    if ((word != "null" && word != "empty") || !text_.substr(at_).starts_with("()")) {
      return FaultAt(begin, "parentheses in a value need quotes around it");
    }
    at_ += 2;
    return Literal{word == "null" ? Literal::Kind::kNull : Literal::Kind::kEmpty, {}, {}};
  }

  Result<Literal> ParseQuoted(char quote) {
    const size_t begin = at_++;
    Literal out;
    while (at_ < text_.size() && text_[at_] != quote) Take(out);
    if (at_ == text_.size()) return FaultAt(begin, "the quote is never closed");
    ++at_;
    return out;
  }

  void Take(Literal& out) {
    constexpr std::string_view kEscaped = "*\\\"'";
    if (text_[at_] == '\\' && at_ + 1 < text_.size() &&
        kEscaped.find(text_[at_ + 1]) != std::string_view::npos) {
      ++at_;
    } else if (text_[at_] == '*') {
      out.stars.push_back(out.text.size());
    }
    out.text += text_[at_++];
  }

  const std::string_view text_;
  size_t at_ = 0;
  Syntax out_;
};

}  // namespace

Result<Syntax> ParseQuery(std::string_view text) {
  if (text.size() > kMaxQueryBytes) {
    return Fail(Code::kInvalid,
                fmt::format("query: {} bytes, at most {} are taken", text.size(), kMaxQueryBytes));
  }
  if (!IsUtf8(text)) return Fail(Code::kInvalid, "query: not UTF-8");
  const auto control = std::ranges::find_if(
      text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7F'; });
  if (control != text.end()) {
    return Fail(Code::kInvalid, fmt::format("query: character {} is a control character",
                                            control - text.begin() + 1));
  }
  return Parser(text).Parse();
}

}  // namespace carrel::query
