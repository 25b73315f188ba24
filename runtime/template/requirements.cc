#include "runtime/template/requirements.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include "runtime/base/text.h"
#include "runtime/template/requirement_line.h"

namespace carrel::manifest {
namespace {

constexpr std::string_view kRule = "requirement-refused";

constexpr std::array<std::string_view, 8> kProvided = {
    "connect-cli",
    "connect-openapi-client",
    "connect-reports-core",
    "connect-reports-runner",
    "jinja2",
    "openpyxl",
    "requests",
    "weasyprint",
};
static_assert(std::ranges::is_sorted(kProvided));

void AddFault(FaultList& faults, const std::string& file, int line, std::string message) {
  faults.Add({.rule = std::string(kRule),
              .place = {.file = file, .line = line},
              .message = std::move(message),
              .expected = "names and versions of packages that have wheels"});
}

void Settle(Requirements& requirements) {
  auto& lines = requirements.lines;
  std::ranges::sort(lines, {}, &Requirement::line);
  const auto rest = std::ranges::unique(lines, {}, &Requirement::line);
  lines.erase(rest.begin(), rest.end());
}

// A '#' at the start of a line or behind a space begins a comment.
std::string_view WithoutComment(std::string_view line) {
  for (size_t at = line.find('#'); at != std::string_view::npos; at = line.find('#', at + 1)) {
    if (at == 0 || line[at - 1] == ' ' || line[at - 1] == '\t') return line.substr(0, at);
  }
  return line;
}

struct LogicalLine {
  int number = 0;  // of its first part
  std::string text;
};

// As pip joins them: a backslash at the end goes on with the next line.
std::vector<LogicalLine> LogicalLines(std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  std::vector<LogicalLine> lines;
  int number = 0;
  bool is_open = false;
  for (const std::string& raw : Split(text, '\n')) {
    ++number;
    std::string_view part = raw;
    if (part.ends_with('\r')) part.remove_suffix(1);
    const bool is_comment = part.find_first_not_of(" \t") == part.find('#');
    const bool goes_on = !is_comment && part.ends_with('\\');
    if (goes_on) part.remove_suffix(1);
    if (!is_open) lines.push_back({number, {}});
    lines.back().text += WithoutComment(part);
    is_open = goes_on;
  }
  return lines;
}

// The members of [project] and [tool.poetry] that name packages.
class PyprojectReader {
 public:
  PyprojectReader(Requirements& out, FaultList& faults) : out_(out), faults_(faults) {}

  void Read(const toml::table& root) {
    if (const toml::node* listed = root.at_path("project.dependencies").node()) {
      return ReadProject(*listed);
    }
    const toml::node* poetry = root.at_path("tool.poetry.dependencies").node();
    if (poetry == nullptr) return;
    const toml::table* table = poetry->as_table();
    if (table == nullptr) return Fault(*poetry, "tool.poetry.dependencies is no table");
    for (const auto& [key, node] : *table) {
      if (NormalizedPackage(key.str()) != "python") ReadPoetry(std::string(key.str()), node);
    }
  }

 private:
  void Fault(const toml::node& node, std::string message) {
    AddFault(faults_, out_.file, static_cast<int>(node.source().begin.line), std::move(message));
  }

  void Add(const toml::node& node, std::string_view text) {
    auto requirement = ParseRequirementLine(text, Hashes::kRefused);
    if (!requirement) return Fault(node, requirement.error());
    out_.lines.push_back(std::move(*requirement));
  }

  void ReadProject(const toml::node& listed) {
    const toml::array* array = listed.as_array();
    if (array == nullptr) return Fault(listed, "project.dependencies is no list");
    for (const toml::node& node : *array) {
      if (const auto* text = node.as_string()) {
        Add(node, text->get());
      } else {
        Fault(node, "project.dependencies: expected a list of texts");
      }
    }
  }

  void ReadPoetry(const std::string& name, const toml::node& node) {
    if (const auto* range = node.as_string()) {
      AddRange(name, node, range->get(), {}, {});
    } else if (const toml::table* table = node.as_table()) {
      ReadPoetryTable(name, *table);
    } else if (const toml::array* choices = node.as_array()) {
      for (const toml::node& choice : *choices) ReadPoetry(name, choice);
    } else {
      Fault(node, fmt::format("{}: expected a version or a table", Quoted(name)));
    }
  }

  void ReadPoetryTable(const std::string& name, const toml::table& table) {
    for (const char* key : {"git", "url", "path", "file", "source"}) {
      if (table.contains(key)) {
        return Fault(table, fmt::format("{} has '{}'; expected a version that the index of this "
                                        "runtime has",
                                        Quoted(name), key));
      }
    }
    if (table["optional"].value_or(false)) return;
    std::string extras;
    if (const toml::array* listed = table["extras"].as_array()) {
      for (const toml::node& extra : *listed) {
        extras += (extras.empty() ? "" : ",") + extra.value_or(std::string("?"));
      }
    }
    std::vector<std::string> markers;
    if (const auto python = table["python"].value<std::string>()) {
      const auto range = PoetryRange(*python);
      if (!range) return Fault(table, fmt::format("{}: python: {}", Quoted(name), range.error()));
      if (!range->empty()) markers.push_back(PythonMarker(*range));
    }
    if (const auto platform = table["platform"].value<std::string>()) {
      markers.push_back(fmt::format("sys_platform == '{}'", *platform));
    }
    if (const auto text = table["markers"].value<std::string>()) {
      markers.push_back(fmt::format("({})", *text));
    }
    AddRange(name, table, table["version"].value_or(std::string("*")), extras,
             Join(markers, " and "));
  }

  void AddRange(const std::string& name, const toml::node& node, std::string_view text,
                const std::string& extras, const std::string& marker) {
    const auto range = PoetryRange(text);
    if (!range) return Fault(node, fmt::format("{}: {}", Quoted(name), range.error()));
    std::string line = name;
    if (!extras.empty()) line += fmt::format("[{}]", extras);
    line += *range;
    if (!marker.empty()) line += " ; " + marker;
    Add(node, line);
  }

  Requirements& out_;
  FaultList& faults_;
};

}  // namespace

std::string NormalizedPackage(std::string_view name) {
  std::string out;
  for (const char c : name) {
    const bool is_separator = c == '-' || c == '_' || c == '.';
    if (is_separator && out.ends_with('-')) continue;
    if (is_separator) {
      out += '-';
    } else {
      out += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    }
  }
  return out;
}

std::span<const std::string_view> ProvidedPackages() { return kProvided; }

bool IsProvided(std::string_view normalized) {
  return std::ranges::binary_search(kProvided, normalized);
}

Requirements ParseRequirements(std::string_view text, const std::string& file, FaultList& faults) {
  Requirements out{.file = file, .lines = {}};
  if (!IsUtf8(text) || text.find('\0') != std::string_view::npos) {
    AddFault(faults, file, 0, fmt::format("{} is no UTF-8 text", Quoted(file)));
    return out;
  }
  for (const LogicalLine& line : LogicalLines(text)) {
    if (line.text.find_first_not_of(" \t\f\v\r") == std::string::npos) continue;
    auto requirement = ParseRequirementLine(line.text, Hashes::kAllowed);
    if (requirement) {
      out.lines.push_back(std::move(*requirement));
    } else {
      AddFault(faults, file, line.number, requirement.error());
    }
  }
  Settle(out);
  return out;
}

Requirements ParsePyproject(std::string_view text, const std::string& file, FaultList& faults) {
  Requirements out{.file = file, .lines = {}};
  const toml::parse_result parsed = toml::parse(text, file);
  if (!parsed) {
    AddFault(faults, file, static_cast<int>(parsed.error().source().begin.line),
             std::string(parsed.error().description()));
    return out;
  }
  PyprojectReader(out, faults).Read(parsed.table());
  Settle(out);
  return out;
}

Requirements ReadRequirements(const Checkout& checkout, const std::string& named,
                              FaultList& faults) {
  const std::string file = named.empty() ? std::string(kPyproject) : named;
  const auto text = checkout.ReadFile(file, kMaxRequirementsBytes);
  if (!text) {
    if (named.empty() && text.error() == FileProblem::kMissing) return {};
    AddFault(
        faults, file, 0,
        fmt::format("the requirements file {} is {}", Quoted(file), FileProblemText(text.error())));
    return {};
  }
  // A repository of reports may name its own pyproject.toml.
  const bool is_pyproject = file.ends_with(".toml");
  return is_pyproject ? ParsePyproject(*text, file, faults)
                      : ParseRequirements(*text, file, faults);
}

std::vector<Requirement> ToInstall(const Requirements& requirements) {
  std::vector<Requirement> out = requirements.lines;
  const bool has_hashes = std::ranges::any_of(out, [](const Requirement& requirement) {
    return requirement.line.find(" --hash=") != std::string::npos;
  });
  if (!has_hashes) {
    std::erase_if(out, [](const Requirement& requirement) { return IsProvided(requirement.name); });
  }
  const bool is_all_provided = std::ranges::all_of(
      out, [](const Requirement& requirement) { return IsProvided(requirement.name); });
  if (is_all_provided) out.clear();
  return out;
}

}  // namespace carrel::manifest
