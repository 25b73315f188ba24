#include "runtime/template/renderer_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "runtime/template/chart_rules.h"

namespace carrel::manifest {
namespace {

using ArgsRule = void (*)(ObjectReader& args, std::vector<Reference>& references);

void XlsxArgs(ObjectReader& args, std::vector<Reference>& /*references*/) {
  static const std::vector<std::string> overflow = {"fail"};
  args.Integer("start_row", Presence::kOptional, 1, kMaxSheetRows);
  args.Integer("start_col", Presence::kOptional, 1, kMaxSheetColumns);
  args.OneOf("overflow", Presence::kOptional, "overflow", overflow);
  static const std::vector<std::string> compression = {"fast", "small"};
  args.OneOf("compression", Presence::kOptional, "compression", compression);
  CheckCharts(args, std::nullopt);  // its columns stand in the template
}

void HtmlArgs(ObjectReader& args, std::vector<Reference>& /*references*/) {
  constexpr long long kMostRowsShown = 100'000;
  const ColumnNames columns = ReadColumnNames(args, "columns", 1);
  const ColumnNames totals = ReadColumnNames(args, "totals", 0);
  for (const std::string& name : totals.value_or(std::vector<std::string>())) {
    CheckColumn(args, "totals", name, columns);
  }
  args.Integer("max_rows", Presence::kOptional, 1, kMostRowsShown);
  if (const auto title = args.String("title", Presence::kOptional); title && title->empty()) {
    args.Error("title", "bad-value", "found an empty title", "text");
  }
  CheckCharts(args, columns);
}

void CsvArgs(ObjectReader& args, std::vector<Reference>& /*references*/) {
  static const std::vector<std::string> quoting = {"all", "minimal"};
  args.OneOf("quoting", Presence::kOptional, "quoting", quoting);
  const std::optional<std::string> delimiter = args.String("delimiter", Presence::kOptional);
  if (!delimiter) return;
  const bool one_ascii =
      delimiter->size() == 1 && static_cast<unsigned char>((*delimiter)[0]) < 0x80;
  if (one_ascii && delimiter->find_first_of(std::string_view("\"\r\n\0", 4)) == std::string::npos) {
    return;
  }
  args.Error("delimiter", "bad-value",
             fmt::format("found {}, expected one ASCII character other than '\"' and line ends",
                         Quoted(*delimiter)),
             "one ASCII character");
}

void JinjaArgs(ObjectReader& args, std::vector<Reference>& /*references*/) {
  args.Bool("autoescape", Presence::kOptional);
}

void PdfArgs(ObjectReader& args, std::vector<Reference>& references) {
  args.Bool("autoescape", Presence::kOptional);
  const std::optional<std::string> css = args.Path("css_file", Presence::kOptional);
  if (!css) return;
  references.push_back({Reference::Use::kStylesheet, *css, args.PlaceOf("css_file")});
}

void NoArgs(ObjectReader& /*args*/, std::vector<Reference>& /*references*/) {}

enum class Template { kRequired, kUnused };

struct Rule {
  RendererType type;
  Template template_rule;
  Reference::Use use;
  ArgsRule args;
};

constexpr std::array kRules = {
    Rule{RendererType::kXlsx, Template::kRequired, Reference::Use::kWorkbook, XlsxArgs},
    Rule{RendererType::kCsv, Template::kUnused, Reference::Use::kTemplate, CsvArgs},
    Rule{RendererType::kJson, Template::kUnused, Reference::Use::kTemplate, NoArgs},
    Rule{RendererType::kNdjson, Template::kUnused, Reference::Use::kTemplate, NoArgs},
    Rule{RendererType::kJinja2, Template::kRequired, Reference::Use::kJinjaTemplate, JinjaArgs},
    Rule{RendererType::kPdf, Template::kRequired, Reference::Use::kJinjaTemplate, PdfArgs},
    Rule{RendererType::kHtml, Template::kUnused, Reference::Use::kTemplate, HtmlArgs},
};

consteval bool RulesFollowTheEnumerators() {
  for (size_t i = 0; i < kRules.size(); ++i) {
    if (static_cast<size_t>(kRules[i].type) != i) return false;
  }
  return true;
}
static_assert(RulesFollowTheEnumerators());

const Rule& RuleOf(RendererType type) { return kRules.at(static_cast<size_t>(type)); }

// "<name>.<ext>.j2", none of the parts empty.
bool IsJinjaName(std::string_view path) {
  std::string_view name = path.substr(path.rfind('/') + 1);
  if (!name.ends_with(".j2")) return false;
  name.remove_suffix(3);
  const size_t dot = name.rfind('.');
  return dot != std::string_view::npos && dot > 0 && dot + 1 < name.size();
}

// A jinja2 report's file is named with the template's extension, in the store and for the user.
bool IsPlainExtension(std::string_view path) {
  path.remove_suffix(3);
  return std::ranges::all_of(path.substr(path.rfind('.') + 1), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '_';
  });
}

void CheckTemplate(ObjectReader& reader, const Rule& rule, const std::string& file,
                   std::vector<Reference>& references) {
  if (rule.template_rule == Template::kUnused) {
    reader.Warn("template", "unused-template",
                fmt::format("a {} renderer uses no template", Name(rule.type)));
    return;
  }
  if (rule.use == Reference::Use::kJinjaTemplate && !IsJinjaName(file)) {
    reader.Error("template", "template-name",
                 fmt::format("the template {} of a {} renderer is not named <name>.<ext>.j2",
                             Quoted(file), Name(rule.type)),
                 "<name>.<ext>.j2");
  } else if (rule.type == RendererType::kJinja2 && !IsPlainExtension(file)) {
    reader.Error("template", "template-name",
                 fmt::format("the template {} names files with an extension that is not of "
                             "letters, digits, '-' and '_' only",
                             Quoted(file)),
                 "<name>.<ext>.j2");
  }
  references.push_back({rule.use, file, reader.PlaceOf("template")});
}

}  // namespace

void ReadTypedRenderer(ObjectReader& reader, RendererType type, Renderer& renderer,
                       std::vector<Reference>& references) {
  const Rule& rule = RuleOf(type);
  const Presence presence =
      rule.template_rule == Template::kRequired ? Presence::kRequired : Presence::kOptional;
  if (const std::optional<std::string> file = reader.Path("template", presence)) {
    renderer.template_file = *file;
    CheckTemplate(reader, rule, *file, references);
  }
  const JsonNode* node = reader.Object("args", Presence::kOptional);
  if (node == nullptr) return;
  ObjectReader args(reader.context(), *node, reader.PathOf("args"));
  rule.args(args, references);
  args.WarnUnknownKeys();
  renderer.args = node->ToJson();
}

}  // namespace carrel::manifest
