#include "runtime/template/requirement_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <vector>

#include "runtime/base/text.h"

namespace carrel::manifest {
namespace {

using Problem = std::unexpected<std::string>;

constexpr size_t kMaxLine = 8192;
constexpr std::string_view kSpace = " \t\f\v\r";
// Longest first: the first that fits is the operator.
constexpr std::array<std::string_view, 8> kOperators = {
    "===", "~=", "==", "!=", "<=", ">=", "<", ">"};

bool IsAlnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool IsNameChar(char c) { return IsAlnum(c) || c == '-' || c == '_' || c == '.'; }

bool IsVersionChar(char c) { return IsNameChar(c) || c == '*' || c == '+' || c == '!'; }

bool IsMarkerChar(char c) {
  return IsAlnum(c) || std::string_view(" \t_.,'\"<>=!~()*+-").find(c) != std::string_view::npos;
}

std::string_view Trim(std::string_view text) {
  const size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

bool IsName(std::string_view name) {
  return !name.empty() && IsAlnum(name.front()) && IsAlnum(name.back()) &&
         std::ranges::all_of(name, IsNameChar);
}

// What a line that is no requirement is, for the words of its refusal.
std::optional<std::string> Foreign(std::string_view text) {
  constexpr std::array<std::string_view, 4> kVcs = {"git+", "hg+", "svn+", "bzr+"};
  constexpr std::array<std::string_view, 7> kArchives = {".whl",     ".zip", ".tar.gz", ".tgz",
                                                         ".tar.bz2", ".egg", ".tar"};
  if (text.find("${") != std::string_view::npos) return "an environment variable";
  if (text.front() == '-') return "an option";
  for (const std::string_view prefix : kVcs) {
    if (text.find(prefix) != std::string_view::npos) return "the address of a repository";
  }
  if (text.find("://") != std::string_view::npos) return "an address";
  const std::string_view word = text.substr(0, text.find_first_of(" \t;"));
  if (word.find('@') != std::string_view::npos || Trim(text.substr(word.size())).starts_with('@')) {
    return "a direct reference";
  }
  if (word.front() == '.' || word.front() == '~' || word.find('/') != std::string_view::npos ||
      word.find('\\') != std::string_view::npos) {
    return "a path";
  }
  for (const std::string_view ending : kArchives) {
    if (word.ends_with(ending)) return "the name of an archive";
  }
  return std::nullopt;
}

// "[b, a]" -> "[a,b]"; takes it off the front of `rest`.
std::expected<std::string, std::string> TakeExtras(std::string_view& rest) {
  if (!rest.starts_with('[')) return std::string();
  const size_t close = rest.find(']');
  if (close == std::string_view::npos) return Problem("']' is missing behind the extras");
  std::vector<std::string> extras;
  for (const std::string& part : Split(rest.substr(1, close - 1), ',')) {
    const std::string_view extra = Trim(part);
    if (!IsName(extra)) return Problem(fmt::format("{} is no name of an extra", Quoted(extra)));
    extras.push_back(NormalizedPackage(extra));
  }
  rest = Trim(rest.substr(close + 1));
  std::ranges::sort(extras);
  extras.erase(std::ranges::unique(extras).begin(), extras.end());
  return fmt::format("[{}]", Join(extras, ","));
}

std::expected<std::string, std::string> Specifier(std::string_view text) {
  for (const std::string_view op : kOperators) {
    if (!text.starts_with(op)) continue;
    const std::string_view version = Trim(text.substr(op.size()));
    if (version.empty() || !std::ranges::all_of(version, IsVersionChar)) {
      return Problem(fmt::format("{} is no version", Quoted(version)));
    }
    return fmt::format("{}{}", op, version);
  }
  return Problem(fmt::format("found {}, expected a version such as '>=1.2'", Quoted(text)));
}

// ">=1, <2" or "(>=1)" -> "<2,>=1".
std::expected<std::string, std::string> Specifiers(std::string_view text) {
  if (text.starts_with('(') && text.ends_with(')')) text = Trim(text.substr(1, text.size() - 2));
  if (text.empty()) return std::string();
  std::vector<std::string> all;
  for (const std::string& part : Split(text, ',')) {
    auto specifier = Specifier(Trim(part));
    if (!specifier) return specifier;
    all.push_back(std::move(*specifier));
  }
  std::ranges::sort(all);
  all.erase(std::ranges::unique(all).begin(), all.end());
  return Join(all, ",");
}

bool IsHash(std::string_view text) {
  struct Digest {
    std::string_view name;
    size_t digits;
  };
  constexpr std::array kDigests = {Digest{"sha256:", 64}, Digest{"sha384:", 96},
                                   Digest{"sha512:", 128}};
  return std::ranges::any_of(kDigests, [&](const Digest& digest) {
    if (!text.starts_with(digest.name)) return false;
    const std::string_view hex = text.substr(digest.name.size());
    return hex.size() == digest.digits &&
           hex.find_first_not_of("0123456789abcdef") == std::string_view::npos;
  });
}

// Takes " --hash=..." off the end of `rest`, sorted.
std::expected<std::string, std::string> TakeHashes(std::string_view& rest, Hashes hashes) {
  std::vector<std::string> all;
  for (size_t start; (start = rest.rfind(" --")) != std::string_view::npos;) {
    constexpr std::string_view kOption = "--hash=";
    const std::string_view option = Trim(rest.substr(start));
    if (hashes == Hashes::kRefused || !option.starts_with(kOption)) {
      return Problem(fmt::format("found the option {}, expected none",
                                 Quoted(option.substr(0, option.find_first_of(" =")))));
    }
    if (!IsHash(option.substr(kOption.size()))) {
      return Problem(fmt::format("found {}, expected a sha256, sha384 or sha512", Quoted(option)));
    }
    all.push_back(fmt::format(" {}", option));
    rest = Trim(rest.substr(0, start));
  }
  std::ranges::sort(all);
  all.erase(std::ranges::unique(all).begin(), all.end());
  return Join(all, "");
}

std::expected<std::string, std::string> TakeMarker(std::string_view& rest) {
  const size_t semicolon = rest.find(';');
  if (semicolon == std::string_view::npos) return std::string();
  const std::string_view marker = Trim(rest.substr(semicolon + 1));
  rest = Trim(rest.substr(0, semicolon));
  if (marker.empty()) return std::string();
  if (!std::ranges::all_of(marker, IsMarkerChar)) {
    return Problem(fmt::format("{} is no marker", Quoted(marker)));
  }
  std::string out = " ; ";
  for (const char c : marker) {
    const bool is_space = c == ' ' || c == '\t';
    if (!is_space || out.back() != ' ') out += is_space ? ' ' : c;
  }
  return out;
}

// The numbers at the front of a version, "1.2.3b1" -> {1, 2, 3}.
std::vector<uint64_t> Release(std::string_view version) {
  std::vector<uint64_t> numbers;
  const char* const end = version.data() + version.size();
  for (const char* at = version.data(); at != end;) {
    uint64_t number = 0;
    const auto [after, error] = std::from_chars(at, end, number);
    if (error != std::errc()) break;
    numbers.push_back(number);
    if (after == end || *after != '.') break;
    at = after + 1;
  }
  return numbers;
}

// The first `count` numbers, the last of them raised by one.
std::string Next(const std::vector<uint64_t>& release, size_t count) {
  std::string out;
  for (size_t i = 0; i < count; ++i) {
    out += fmt::format("{}{}", i == 0 ? "" : ".", release[i] + (i + 1 == count ? 1 : 0));
  }
  return out;
}

// How many numbers a caret holds: up to the first that is not zero.
size_t CaretLength(const std::vector<uint64_t>& release) {
  const auto it = std::ranges::find_if(release, [](uint64_t number) { return number != 0; });
  if (it == release.end()) return release.size();
  return static_cast<size_t>(it - release.begin()) + 1;
}

std::expected<std::string, std::string> PoetryPart(std::string_view part) {
  const bool is_caret = part.starts_with('^');
  const bool is_tilde = part.starts_with('~') && !part.starts_with("~=");
  if (is_caret || is_tilde) {
    const std::string_view version = Trim(part.substr(1));
    const std::vector<uint64_t> release = Release(version);
    if (release.empty() || !std::ranges::all_of(version, IsVersionChar)) {
      return Problem(fmt::format("{} is no version", Quoted(part)));
    }
    const size_t length = is_caret ? CaretLength(release) : std::min<size_t>(release.size(), 2);
    return fmt::format(">={},<{}", version, Next(release, length));
  }
  if (part == "*") return std::string();
  if (IsAlnum(part.front())) return Specifier(fmt::format("=={}", part));
  if (part.starts_with('=') && !part.starts_with("==")) return Specifier(fmt::format("={}", part));
  return Specifier(part);
}

// ">= 1 < 2, != 1.5" -> its parts, a space behind an operator being no end.
std::vector<std::string> PoetryParts(std::string_view range) {
  std::vector<std::string> parts(1);
  for (const char c : range) {
    const bool is_space = kSpace.find(c) != std::string_view::npos;
    const std::string& last = parts.back();
    const bool has_version = !last.empty() && (IsVersionChar(last.back()));
    if (c == ',' || (is_space && has_version)) {
      if (!last.empty()) parts.emplace_back();
    } else if (!is_space) {
      parts.back() += c;
    }
  }
  if (parts.back().empty()) parts.pop_back();
  return parts;
}

}  // namespace

std::expected<Requirement, std::string> ParseRequirementLine(std::string_view text, Hashes hashes) {
  std::string_view rest = Trim(text);
  if (rest.size() > kMaxLine) return Problem("the line is too long");
  if (rest.empty()) return Problem("found nothing, expected the name of a package");
  if (const auto what = Foreign(rest)) {
    return Problem(fmt::format("{} is {}; expected the name of a package, with a version",
                               Quoted(rest), *what));
  }
  auto hash_options = TakeHashes(rest, hashes);
  if (!hash_options) return Problem(hash_options.error());
  auto marker = TakeMarker(rest);
  if (!marker) return Problem(marker.error());
  const auto name_end = std::ranges::find_if_not(rest, IsNameChar);
  const std::string_view name = rest.substr(0, static_cast<size_t>(name_end - rest.begin()));
  if (!IsName(name)) return Problem(fmt::format("{} is no name of a package", Quoted(rest)));
  rest = Trim(rest.substr(name.size()));
  auto extras = TakeExtras(rest);
  if (!extras) return Problem(extras.error());
  auto specifiers = Specifiers(rest);
  if (!specifiers) return Problem(specifiers.error());
  Requirement requirement;
  requirement.name = NormalizedPackage(name);
  requirement.line = requirement.name + *extras + *specifiers + *marker + *hash_options;
  return requirement;
}

std::expected<std::string, std::string> PoetryRange(std::string_view range) {
  range = Trim(range);
  if (range.empty()) return Problem("found no version, expected one or '*'");
  if (range.find('|') != std::string_view::npos) {
    return Problem(fmt::format("{} offers a choice of ranges; expected one range", Quoted(range)));
  }
  std::vector<std::string> out;
  for (const std::string& part : PoetryParts(range)) {
    auto specifiers = PoetryPart(part);
    if (!specifiers) return specifiers;
    if (!specifiers->empty()) out.push_back(std::move(*specifiers));
  }
  return Join(out, ",");
}

std::string PythonMarker(std::string_view specifiers) {
  std::vector<std::string> parts;
  for (const std::string& specifier : Split(specifiers, ',')) {
    if (specifier.empty()) continue;
    const size_t version = specifier.find_first_not_of("<>=!~");
    const std::string number = specifier.substr(version);
    const bool is_full = std::ranges::count(number, '.') > 1;
    parts.push_back(fmt::format("{} {} '{}'", is_full ? "python_full_version" : "python_version",
                                specifier.substr(0, version), number));
  }
  return Join(parts, " and ");
}

}  // namespace carrel::manifest
