// The renderers that are Python libraries: jinja2 and pdf.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/python_host/host_fixture.h"

namespace carrel::python {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* kRows = R"(
def generate(client, parameters, progress, renderer_type, extra_context):
    extra_context({'title': 'T & U', 'renderer': renderer_type})
    for i in range(3):
        yield f'<{i}>',
)";

constexpr const char* kTemplate =
    "{{ account.id }} {{ report.name }} {{ report.values.day }} {{ extra_context.title }}"
    "{% for row in data %} {{ row[0] }}{% endfor %}";

sdk::ReportJob TemplateJob(Checkout& checkout, const std::string& source, const std::string& type,
                           std::string_view text) {
  sdk::ReportJob job = checkout.MakeJob(source);
  job.renderer_type = type;
  job.template_path = "reports/page.html.j2";
  job.parameters = {{"day", "2020-01-01"}};
  checkout.Write(job.template_path, text);
  return job;
}

TEST(PythonRenderers, JinjaSeesAccountReportDataAndExtraContext) {
  Checkout checkout;
  const auto job = TemplateJob(checkout, kRows, "jinja2", kTemplate);
  const Outcome outcome = checkout.RunJob(job, nullptr);
  ASSERT_EQ(outcome.message(), "");
  EXPECT_EQ(outcome.output, "VA-1 Sales 2020-01-01 T & U <0> <1> <2>");
}

TEST(PythonRenderers, JinjaEscapesOnlyWhenAskedTo) {
  Checkout checkout;
  auto job = TemplateJob(checkout, kRows, "jinja2", kTemplate);
  job.renderer_args = {{"autoescape", true}};
  const Outcome outcome = checkout.RunJob(job, nullptr);
  ASSERT_EQ(outcome.message(), "");
  EXPECT_THAT(outcome.output, EndsWith("T &amp; U &lt;0&gt; &lt;1&gt; &lt;2&gt;"));
}

TEST(PythonRenderers, JinjaTakesAsynchronousData) {
  Checkout checkout;
  Outcome outcome = checkout.RunJob(
      TemplateJob(checkout, std::string("async ") + (kRows + 1), "jinja2", kTemplate), nullptr);
  ASSERT_EQ(outcome.message(), "");
  EXPECT_EQ(outcome.output, "VA-1 Sales 2020-01-01 T & U <0> <1> <2>");
  outcome = checkout.RunJob(TemplateJob(checkout, "async def generate(*args): return [['x']]",
                                        "jinja2", "{% for row in data %}{{ row[0] }}{% endfor %}"),
                            nullptr);
  EXPECT_EQ(outcome.message(), "");
  EXPECT_EQ(outcome.output, "x");
}

TEST(PythonRenderers, RowsThatATemplateTakesAreCounted) {
  Checkout checkout;
  constexpr const char* kAll = "{% for row in data %}{{ row[0] }}{% endfor %}";
  const auto rows = [&](const std::string& source, const char* text, const char* type = "jinja2") {
    const Outcome outcome = checkout.RunJob(TemplateJob(checkout, source, type, text), nullptr);
    EXPECT_EQ(outcome.message(), "") << source;
    return outcome.end.rows;
  };
  const std::string generate = "def generate(*args): ";
  EXPECT_EQ(rows(kRows, kAll), 3u);
  EXPECT_EQ(rows(kRows, "no rows"), 0u);
  EXPECT_EQ(rows(std::string("async ") + (kRows + 1), kAll), 3u);
  EXPECT_EQ(rows(generate + "return [['a'], ['b']]", kAll), 2u);
  EXPECT_EQ(rows(generate + "return map(str, range(5))", kAll), 5u);
  EXPECT_EQ(rows(generate + "return {'a': [1, 2]}", "{{ data.a }}"), 0u);
  EXPECT_EQ(rows(kRows, kAll, "pdf"), 3u);
}

TEST(PythonRenderers, ATemplateThatIsWrongFailsTheRenderer) {
  Checkout checkout;
  Outcome outcome = checkout.RunJob(TemplateJob(checkout, kRows, "jinja2", "\n{% for %}"), nullptr);
  EXPECT_EQ(outcome.kind(), "render");
  EXPECT_THAT(outcome.message(), StartsWith("template page.html.j2, line 2: "));
  outcome = checkout.RunJob(TemplateJob(checkout, kRows, "jinja2", "{% include '/etc/passwd' %}"),
                            nullptr);
  EXPECT_EQ(outcome.kind(), "render");
  EXPECT_THAT(outcome.message(), HasSubstr("TemplateNotFound"));
}

TEST(PythonRenderers, AnErrorInATemplateNamesTheInnermostAndItsLine) {
  Checkout checkout;
  checkout.Write("reports/parts/sum.html", "{% macro sum(row) %}\n{{ row.nope.x }}{% endmacro %}");
  checkout.Write("reports/parts/bad.html", "\n\n{% if %}");
  const auto message = [&](std::string_view text, const std::string& type = "jinja2",
                           const std::string& source = kRows) {
    const Outcome outcome = checkout.RunJob(TemplateJob(checkout, source, type, text), nullptr);
    EXPECT_EQ(outcome.kind(), "render") << text;
    return outcome.message();
  };
  constexpr std::string_view kUndefined = "a\n{% for row in data %}\n{{ nope.x }}{% endfor %}";
  constexpr const char* kAtLine3 =
      "template page.html.j2, line 3: UndefinedError: 'nope' is undefined";
  EXPECT_EQ(message(kUndefined), kAtLine3);
  EXPECT_EQ(message(kUndefined, "pdf"), kAtLine3);
  EXPECT_EQ(message(kUndefined, "jinja2", std::string("async ") + (kRows + 1)), kAtLine3);
  EXPECT_EQ(message("{% from 'parts/sum.html' import sum %}\n{% for row in data %}{{ sum(row) }}"
                    "{% endfor %}"),
            "template parts/sum.html, line 2: UndefinedError: 'tuple object' has no attribute "
            "'nope'");
  EXPECT_THAT(message("{% include 'parts/bad.html' %}"),
              StartsWith("template parts/bad.html, line 3: TemplateSyntaxError: "));
  EXPECT_EQ(message("\n{% include 'none.html' %}"),
            "template page.html.j2, line 2: TemplateNotFound: none.html");
}

TEST(PythonRenderers, AnExceptionOfTheReportIsTheReportsOwn) {
  Checkout checkout;
  const Outcome outcome = checkout.RunJob(
      TemplateJob(checkout, "def generate(*args):\n    yield [1]\n    raise RuntimeError('stop')",
                  "jinja2", "{% for row in data %}{{ row[0] }}{% endfor %}"),
      nullptr);
  EXPECT_EQ(outcome.kind(), "expected");
  EXPECT_EQ(outcome.message(), "stop");
}

TEST(PythonRenderers, PdfIsMadeOfThePageItsStylesAndItsImages) {
  Checkout checkout;
  checkout.Write("reports/style.css", "p { background: url('reports/dot.svg') }");
  checkout.Write("reports/dot.svg",
                 "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'>"
                 "<rect width='9' height='9' fill='red'/></svg>");
  auto job = TemplateJob(checkout, kRows, "pdf",
                         "<p>{% for r in data %}{{ r[0]|e }}{% endfor %}</p>"
                         "<img src='reports/dot.svg'>");
  job.renderer_args = {{"css_file", "reports/style.css"}};
  testing::internal::CaptureStderr();
  const Outcome outcome = checkout.RunJob(job, nullptr);
  const std::string warnings = testing::internal::GetCapturedStderr();
  ASSERT_EQ(outcome.message(), "");
  EXPECT_EQ(warnings, "");
  EXPECT_THAT(outcome.output, StartsWith("%PDF-"));
  EXPECT_THAT(outcome.output, EndsWith("%%EOF\n"));
}

TEST(PythonRenderers, PdfOfAnEmptyTemplateIsABlankPage) {
  Checkout checkout;
  const Outcome outcome = checkout.RunJob(TemplateJob(checkout, kRows, "pdf", ""), nullptr);
  ASSERT_EQ(outcome.message(), "");
  EXPECT_THAT(outcome.output, StartsWith("%PDF-"));
}

TEST(PythonRenderers, PdfReadsNothingOutsideTheCheckout) {
  Checkout checkout;
  testing::internal::CaptureStderr();
  const Outcome outcome =
      checkout.RunJob(TemplateJob(checkout, kRows, "pdf",
                                  "<img src='file:///usr/share/pixmaps/debian-logo.png'>"
                                  "<img src='https://example.com/a.png'>"
                                  "<img src='../../../../usr/lib/os-release'>"),
                      nullptr);
  const std::string warnings = testing::internal::GetCapturedStderr();
  ASSERT_EQ(outcome.message(), "");
  EXPECT_THAT(outcome.output, StartsWith("%PDF-"));
  EXPECT_THAT(warnings, HasSubstr("debian-logo.png"));
  EXPECT_THAT(warnings, HasSubstr("only files of the repository"));
  EXPECT_THAT(warnings, HasSubstr("os-release"));
}

TEST(PythonRenderers, OnlyItsOwnRendererTypesAreRenderedWithoutARenderer) {
  EXPECT_TRUE(Host().RendersItself("jinja2"));
  EXPECT_TRUE(Host().RendersItself("pdf"));
  EXPECT_FALSE(Host().RendersItself("csv"));
  Checkout checkout;
  EXPECT_EQ(checkout.RunJob(checkout.MakeJob(kRows), nullptr).kind(), "render");
}

}  // namespace
}  // namespace carrel::python
