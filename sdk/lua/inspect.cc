#include "sdk/lua/inspect.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <lua.hpp>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/files.h"
#include "runtime/base/text.h"
#include "sdk/lua/lua_state.h"

namespace carrel::lua {
namespace {

struct Token {
  enum class Kind { kName, kString, kSymbol, kEnd };
  Kind kind = Kind::kEnd;
  std::string_view text;  // of a string: what is between its quotes, escapes unread
};

// Splits source that is known to compile.
class Scanner {
 public:
  explicit Scanner(std::string_view source) : source_(source) {}

  std::vector<Token> Tokens() {
    std::vector<Token> tokens;
    if (source_.starts_with('#')) SkipLine();
    while (SkipBlanks()) tokens.push_back(Next());
    return tokens;
  }

 private:
  char At(size_t ahead = 0) const {
    return position_ + ahead < source_.size() ? source_[position_ + ahead] : '\0';
  }

  void SkipLine() { position_ = std::min(source_.find('\n', position_), source_.size()); }

  // Past blanks and comments; false at the end.
  bool SkipBlanks() {
    while (position_ < source_.size()) {
      if (std::isspace(static_cast<unsigned char>(At())) != 0) {
        ++position_;
      } else if (At() == '-' && At(1) == '-') {
        position_ += 2;
        if (!LongText()) SkipLine();
      } else {
        return true;
      }
    }
    return false;
  }

  // A long string or comment [==[ ... ]==] at the position; nullopt when there is none.
  std::optional<std::string_view> LongText() {
    if (At() != '[') return std::nullopt;
    size_t level = 0;
    while (At(1 + level) == '=') ++level;
    if (At(1 + level) != '[') return std::nullopt;
    std::string close(level + 2, '=');
    close.front() = close.back() = ']';
    const size_t begin = position_ + level + 2;
    const size_t end = std::min(source_.find(close, begin), source_.size());
    position_ = std::min(end + close.size(), source_.size());
    return source_.substr(std::min(begin, end), end - std::min(begin, end));
  }

  Token Next() {
    const size_t begin = position_;
    const auto first = static_cast<unsigned char>(At());
    if (std::isalpha(first) != 0 || first == '_') {
      while (IsWord(At())) ++position_;
      return {Token::Kind::kName, source_.substr(begin, position_ - begin)};
    }
    if (std::isdigit(first) != 0) {
      while (IsWord(At()) || At() == '.') ++position_;
      return {Token::Kind::kSymbol, source_.substr(begin, position_ - begin)};
    }
    if (first == '"' || first == '\'') return Quoted(static_cast<char>(first));
    if (const auto text = LongText()) return {Token::Kind::kString, *text};
    const bool dots = At() == '.' && At(1) == '.' && At(2) == '.';
    const bool equals = (At() == '=' || At() == '~' || At() == '<' || At() == '>') && At(1) == '=';
    position_ += dots ? 3 : equals ? 2 : 1;
    return {Token::Kind::kSymbol, source_.substr(begin, position_ - begin)};
  }

  Token Quoted(char quote) {
    const size_t begin = ++position_;
    while (position_ < source_.size() && At() != quote) position_ += At() == '\\' ? 2 : 1;
    const size_t end = std::min(position_, source_.size());
    position_ = end + 1;
    return {Token::Kind::kString, source_.substr(begin, end - begin)};
  }

  static bool IsWord(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
  }

  std::string_view source_;
  size_t position_ = 0;
};

// What is known of a name or of a table's field.
struct Definition {
  bool function = false;  // false: bound
  int declared = 0;
};
using Fields = std::map<std::string, Definition, std::less<>>;

// Collects what the chunk's top level defines: variables, fields of tables, what is returned.
class Outline {
 public:
  explicit Outline(std::vector<Token> tokens) : tokens_(std::move(tokens)) { Scan(); }

  // The fields of the returned table; nullopt when its making cannot be followed.
  const std::optional<Fields>& fields() const { return returned_; }

 private:
  std::string_view Text(size_t i) const { return i < tokens_.size() ? tokens_[i].text : ""; }
  bool Is(size_t i, std::string_view text) const {
    return i < tokens_.size() && tokens_[i].kind != Token::Kind::kString && tokens_[i].text == text;
  }
  bool IsName(size_t i) const {
    return i < tokens_.size() && tokens_[i].kind == Token::Kind::kName;
  }

  void Scan() {
    int depth = 0;
    for (size_t i = 0; i < tokens_.size(); ++i) {
      if (depth == 0 && Is(i, "return")) return ReadReturn(i + 1);
      if (depth == 0) ReadStatement(i);
      if (Is(i, "function") || Is(i, "do") || Is(i, "if") || Is(i, "repeat")) ++depth;
      if (Is(i, "end") || Is(i, "until")) --depth;
    }
    returned_ = Fields{};  // no return: the module is `true`
  }

  void ReadStatement(size_t i) {
    if (Is(i, "function") && IsName(i + 1)) return ReadNamedFunction(i + 1);
    if (!IsName(i) || (i > 0 && (Is(i - 1, ".") || Is(i - 1, ":")))) return;
    const std::string name(Text(i));
    if (Is(i + 1, "=") && !Is(i + 2, "{")) {
      variables_[name] = ReadValue(i + 2);
    } else if (Is(i + 1, "=")) {
      tables_[name] = ReadTable(i + 2);
    } else if (Is(i + 1, ".") && IsName(i + 2) && Is(i + 3, "=")) {
      tables_[name][std::string(Text(i + 2))] = ReadValue(i + 4);
    } else if (Is(i + 1, "[") && i + 2 < tokens_.size() &&
               tokens_[i + 2].kind == Token::Kind::kString && Is(i + 3, "]") && Is(i + 4, "=")) {
      tables_[name][std::string(Text(i + 2))] = ReadValue(i + 5);
    }
  }

  // "function name(", "function t.name(", "function t:name("; `i` is at the first name.
  void ReadNamedFunction(size_t i) {
    const std::string first(Text(i));
    if (Is(i + 1, "(")) {
      variables_[first] = ReadParameters(i + 1, 0);
    } else if (IsName(i + 2) && Is(i + 3, "(")) {
      tables_[first][std::string(Text(i + 2))] = ReadParameters(i + 3, Is(i + 1, ":") ? 1 : 0);
    }
  }

  Definition ReadParameters(size_t open, int implicit) const {
    Definition definition{.function = true, .declared = implicit};
    for (size_t i = open + 1; i < tokens_.size() && !Is(i, ")"); ++i) {
      if (Is(i, "...")) {
        definition.declared = -1;
        break;
      }
      if (IsName(i)) ++definition.declared;
    }
    return definition;
  }

  Definition ReadValue(size_t i) const {
    if (Is(i, "function") && Is(i + 1, "(")) return ReadParameters(i + 1, 0);
    const auto known = variables_.find(Text(i));
    const bool alone = !Is(i + 1, ".") && !Is(i + 1, "(") && !Is(i + 1, ":") && !Is(i + 1, "[");
    if (IsName(i) && known != variables_.end() && alone) return known->second;
    return {};
  }

  // The fields of a table constructor; `open` is at its '{'.
  Fields ReadTable(size_t open) const {
    Fields fields;
    int blocks = 0;
    int braces = 0;
    for (size_t i = open; i < tokens_.size(); ++i) {
      if (Is(i, "{") || Is(i, "(") || Is(i, "[")) ++braces;
      if (Is(i, "}") || Is(i, ")") || Is(i, "]")) --braces;
      if (braces == 0) break;
      if (Is(i, "function") || Is(i, "do") || Is(i, "if") || Is(i, "repeat")) ++blocks;
      if (Is(i, "end") || Is(i, "until")) --blocks;
      const bool starts = Is(i - 1, "{") || Is(i - 1, ",") || Is(i - 1, ";");
      if (blocks != 0 || braces > 2 || !(starts && i > open)) continue;
      if (braces == 1 && IsName(i) && Is(i + 1, "=")) {
        fields[std::string(Text(i))] = ReadValue(i + 2);
      } else if (braces == 2 && Is(i, "[") && i + 1 < tokens_.size() &&
                 tokens_[i + 1].kind == Token::Kind::kString && Is(i + 3, "=")) {
        fields[std::string(Text(i + 1))] = ReadValue(i + 4);
      }
    }
    return fields;
  }

  void ReadReturn(size_t i) {
    if (Is(i, "setmetatable") && Is(i + 1, "(")) i += 2;
    if (Is(i, "{")) {
      returned_ = ReadTable(i);
    } else if (const auto table = tables_.find(Text(i)); IsName(i) && table != tables_.end()) {
      returned_ = table->second;
    }
  }

  std::vector<Token> tokens_;
  Fields variables_;
  std::map<std::string, Fields, std::less<>> tables_;
  std::optional<Fields> returned_;
};

// "path:12: text near 'x'" -> parts of the report on a file that does not parse.
Json SyntaxFault(std::string_view message, const std::string& file, std::string_view source) {
  int line = 0;
  if (message.starts_with(file + ":")) {
    message.remove_prefix(file.size() + 1);
    const auto end = std::from_chars(message.data(), message.data() + message.size(), line).ptr;
    message.remove_prefix(static_cast<size_t>(end - message.data()));
    if (message.starts_with(": ")) message.remove_prefix(2);
  }
  const auto lines = Split(source, '\n');
  size_t column = 0;
  const size_t near = message.rfind(" near '");
  if (line > 0 && static_cast<size_t>(line) <= lines.size() && near != std::string_view::npos) {
    const std::string_view token = message.substr(near + 7, message.size() - near - 8);
    column = lines[static_cast<size_t>(line) - 1].find(token) + 1;  // npos + 1 is 0: not known
  }
  return {{"parsed", false},           {"error", ToUtf8(message)}, {"line", line},
          {"column", column},          {"found", false},           {"kind", "function"},
          {"min_positional", 0},       {"max_positional", -1},     {"declared", 0},
          {"functions", Json::array()}};
}

// Why `source` does not compile, as Lua says it.
std::optional<std::string> SyntaxError(const std::string& source, const std::string& file) {
  MemoryBudget budget{.limit = size_t{256} << 20};
  const LuaState state = NewLuaState(budget);
  if (!state) return "not enough memory";
  const std::string chunk = "@" + file;
  if (luaL_loadbufferx(state.get(), source.data(), source.size(), chunk.c_str(), "t") == LUA_OK) {
    return std::nullopt;
  }
  return lua_tostring(state.get(), -1);
}

}  // namespace

Json Inspect(const std::filesystem::path& root, const sdk::EntrypointQuery& query) {
  const auto source = ReadFile(root / query.file, size_t{16} << 20);
  if (!source) return SyntaxFault(source.error().message, query.file, "");
  if (const auto problem = SyntaxError(*source, query.file)) {
    return SyntaxFault(*problem, query.file, *source);
  }
  Json answer = {{"parsed", true},      {"error", ""},
                 {"line", 0},           {"column", 0},
                 {"found", true},       {"kind", "bound"},
                 {"min_positional", 0}, {"max_positional", -1},
                 {"declared", -1},      {"functions", Json::array()}};
  const Outline outline(Scanner(*source).Tokens());
  if (!outline.fields()) return answer;  // the table is made somewhere else
  const auto found = outline.fields()->find(query.function);
  answer["found"] = found != outline.fields()->end();
  for (const auto& [name, definition] : *outline.fields()) {
    if (definition.function) answer["functions"].push_back(name);
  }
  if (found != outline.fields()->end() && found->second.function) {
    answer["kind"] = "function";
    answer["declared"] = found->second.declared;
  }
  return answer;
}

}  // namespace carrel::lua
