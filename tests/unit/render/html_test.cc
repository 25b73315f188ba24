#include <fcntl.h>
#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <optional>
#include <set>

#include "runtime/base/files.h"
#include "sdk/render/chart_spec.h"
#include "sdk/render/chart_svg.h"
#include "sdk/render/column_total.h"
#include "sdk/render/html_text.h"
#include "sdk/render/renderer.h"
#include "sdk/render/workbook_writer.h"

namespace carrel::render {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

Cell Float(double value) {
  Cell cell;
  cell.kind = CellKind::kFloat;
  cell.number = value;
  return cell;
}

Cell BigInteger(std::string_view digits) {
  Cell cell = DecimalCell(digits);
  cell.kind = CellKind::kBigInteger;
  return cell;
}

std::string Total(const std::vector<Cell>& cells) {
  ColumnTotal total;
  for (const Cell& cell : cells) total.Add(cell);
  return total.Text().value_or("none");
}

TEST(ColumnTotal, DecimalsAndIntegersAddUpExactly) {
  EXPECT_EQ(Total({DecimalCell("0.1"), DecimalCell("0.2")}), "0.3");
  EXPECT_EQ(Total({DecimalCell("1.10"), DecimalCell("2.20"), IntegerCell(-4)}), "-0.70");
  EXPECT_EQ(Total({DecimalCell("-0.05"), DecimalCell("0.05")}), "0.00");
  EXPECT_EQ(Total({IntegerCell(std::numeric_limits<int64_t>::max()), IntegerCell(1)}),
            "9223372036854775808");
  EXPECT_EQ(Total({IntegerCell(std::numeric_limits<int64_t>::min())}), "-9223372036854775808");
  EXPECT_EQ(Total({BigInteger("999999999999999999999999999999"), IntegerCell(1)}),
            "1000000000000000000000000000000");
  EXPECT_EQ(Total({DecimalCell("1E+20"), DecimalCell("1E-3"), DecimalCell("-12.30E+2")}),
            "99999999999999998770.001");
  EXPECT_EQ(Total({DecimalCell("1E+300"), DecimalCell("1E-2")}),
            "1" + std::string(300, '0') + ".01");
  std::vector<Cell> cents(100'000, DecimalCell("0.01"));
  EXPECT_EQ(Total(cents), "1000.00");
}

TEST(ColumnTotal, FloatsAddUpExactly) {
  EXPECT_EQ(Total({Float(1e16), Float(1), Float(-1e16)}), "1.0");
  EXPECT_EQ(Total({Float(1e308), Float(1e308), Float(-1e308), Float(-1e308)}), "0.0");
  EXPECT_EQ(Total({Float(1e308), Float(5e-324), Float(-1e308)}), "5e-324");
  EXPECT_EQ(Total({Float(1e308), Float(1e-10), Float(1e-300), Float(-1e308), Float(-1e-10)}),
            "1e-300");
  EXPECT_EQ(Total({Float(-5e-324), Float(2.5e-308)}), "2.4999999999999993e-308");
  EXPECT_EQ(Total({Float(-0.1), Float(-0.2)}), "-0.30000000000000004");
  EXPECT_EQ(Total({Float(-0.0)}), "0.0");
  EXPECT_EQ(Total({Float(std::nan("")), Float(HUGE_VAL), Float(2)}), "2.0");
  const std::vector<Cell> tenths(1'000'000, Float(0.1));
  EXPECT_EQ(Total(tenths), "100000.0");
}

TEST(ColumnTotal, FloatsAndExactNumbersGiveTheNearestFloat) {
  EXPECT_EQ(Total({Float(0.5), DecimalCell("0.25"), IntegerCell(1)}), "1.75");
  EXPECT_EQ(Total({DecimalCell("1E+22"), Float(1.5), Float(-1e22)}), "1.5");
  EXPECT_EQ(Total({IntegerCell(9'007'199'254'740'993), Float(0.5)}), "9007199254740994.0");
  EXPECT_EQ(Total({DecimalCell("0.3"), Float(0.1), Float(0.2)}), "0.6");
  EXPECT_EQ(Total({IntegerCell(-1), Float(0.25)}), "-0.75");
  EXPECT_EQ(Total({DecimalCell("1E-306"), Float(-1e-306)}), "-3e-323");
  EXPECT_EQ(Total({Float(1e22), DecimalCell("-1E+22"), DecimalCell("1E-300")}), "1e-300");
}

TEST(ColumnTotal, AFloatThatCountsAsNothingLeavesTheOthersExact) {
  EXPECT_EQ(Total({IntegerCell(9'007'199'254'740'993), Float(std::nan("")),
                   IntegerCell(9'007'199'254'740'998)}),
            "18014398509481991");
  EXPECT_EQ(Total({DecimalCell("1.10"), Float(-HUGE_VAL), DecimalCell("2.20")}), "3.30");
  EXPECT_EQ(Total({Float(HUGE_VAL)}), "0");
  EXPECT_EQ(Total({IntegerCell(1), Float(0)}), "1.0");
}

TEST(ColumnTotal, OnlyColumnsOfNumbersHaveOne) {
  Cell yes;
  yes.kind = CellKind::kBool;
  yes.integer = 1;
  EXPECT_EQ(Total({}), "none");
  EXPECT_EQ(Total({Cell{}, TextCell("")}), "none");
  EXPECT_EQ(Total({IntegerCell(1), TextCell("x")}), "none");
  EXPECT_EQ(Total({IntegerCell(1), yes}), "none");
  EXPECT_EQ(Total({IntegerCell(1), DateCell(0)}), "none");
  EXPECT_EQ(Total({DecimalCell("1E+306")}), "none");
  EXPECT_EQ(Total({DecimalCell("1E-307")}), "none");
  EXPECT_EQ(Total({Float(1e308), Float(1e308)}), "none");
  EXPECT_EQ(Total({Float(-1e308), Float(-1e308)}), "none");
  EXPECT_EQ(Total({IntegerCell(1), DecimalCell("1E+99999999999")}), "none");
  EXPECT_EQ(Total({IntegerCell(1), DecimalCell("-1E-99999999999")}), "none");
  EXPECT_EQ(Total({Cell{}, IntegerCell(1), TextCell(""), DecimalCell("NaN")}), "1");
}

std::vector<double> TickValues(double low, double high) {
  const Ticks ticks = NiceTicks(low, high, 5);
  std::vector<double> values;
  values.reserve(static_cast<size_t>(ticks.count));
  for (int i = 0; i < ticks.count; ++i) values.push_back(ticks.first + ticks.step * i);
  return values;
}

TEST(Ticks, AreRoundNumbersAroundTheValues) {
  EXPECT_THAT(TickValues(0, 97), ElementsAre(0, 20, 40, 60, 80, 100));
  EXPECT_THAT(TickValues(-3, 4), ElementsAre(-4, -2, 0, 2, 4));
  EXPECT_THAT(TickValues(0, 0), testing::SizeIs(6));
  EXPECT_EQ(NiceTicks(0, 0.97, 5).decimals, 1);
  EXPECT_EQ(NiceTicks(0, 2e6, 5).decimals, 0);
  for (const auto& [low, high] :
       std::vector<std::pair<double, double>>{{7, 7},
                                              {-7, -7},
                                              {-1e300, 1e300},
                                              {0, 5e-324},
                                              {1e15, 1e15 + 1},
                                              {-9078691691178622976, -9078691691178621952},
                                              {0, 1e300}}) {
    const Ticks ticks = NiceTicks(low, high, 5);
    EXPECT_GT(ticks.first + ticks.step, ticks.first);
    EXPECT_TRUE(std::isfinite(ticks.first) && std::isfinite(ticks.step)) << low << " " << high;
    EXPECT_GT(ticks.step, 0) << low << " " << high;
    EXPECT_GE(ticks.count, 2);
    EXPECT_LE(ticks.count, 16);
    EXPECT_LE(ticks.first, low);
    EXPECT_GE(ticks.first + ticks.step * (ticks.count - 1), high);
  }
}

ChartPoints Collected(ChartType type, int rows) {
  ChartPoints points(type, {0, {1}});
  for (int i = 0; i < rows; ++i) {
    const std::string label = std::to_string(i);
    const Cell cells[] = {TextCell(label), IntegerCell(i)};
    points.Add(cells);
  }
  return points;
}

TEST(ChartPoints, ALongLineIsThinnedEvenly) {
  const ChartPoints points = Collected(ChartType::kLine, 100'000);
  EXPECT_LT(points.points().size(), 2'000U);
  EXPECT_GE(points.points().size(), 1'000U);
  for (size_t i = 0; i < points.points().size(); ++i) {
    ASSERT_EQ(points.points()[i].values[0], static_cast<double>(i * points.stride()));
  }
  EXPECT_GT(points.points().back().values[0], 99'000);
}

TEST(ChartPoints, BarsAreTheFirstRowsAndSlicesTheLargest) {
  EXPECT_EQ(Collected(ChartType::kBar, 500).points().size(), 100U);
  const ChartPoints pie = Collected(ChartType::kPie, 20);
  ASSERT_EQ(pie.points().size(), 11U);
  EXPECT_EQ(pie.points().front().label, "19");
  EXPECT_EQ(pie.points().back().label, "9");
  EXPECT_EQ(pie.others(), 1 + 2 + 3 + 4 + 5 + 6 + 7 + 8);
}

// The texts behind `before`, up to the next tag.
std::vector<std::string> TextsBehind(std::string_view page, const std::string& before) {
  std::vector<std::string> texts;
  for (size_t at = 0; (at = page.find(before, at)) != page.npos;) {
    const size_t begin = page.find('>', at + before.size() - 1) + 1;
    at = page.find('<', begin);
    texts.emplace_back(page.substr(begin, at - begin));
  }
  return texts;
}

std::string Drawn(ChartType type, const std::vector<double>& values) {
  ChartPoints points(type, {0, {1}});
  for (const double value : values) {
    const Cell cells[] = {TextCell("a"), Float(value)};
    points.Add(cells);
  }
  std::string figure;
  AppendChartFigure(figure, {type, "", "x", {"y"}, ""}, points, 1);
  return figure;
}

TEST(ChartFigure, ThePointerShowsTheDigitsOfANumberOfAnySize) {
  const std::vector<std::pair<double, std::string>> shown = {
      {1.656e-06, "0.000001656"},
      {1.2345e-05, "0.000012345"},
      {-0.1 / 3, "-0.0333333"},
      {0.1 + 0.2, "0.3"},
      {0.00012345678901, "0.00012345678901"},
      {1.0 / 3, "0.333333"},
      {200.0 / 3, "66.666667"},
      {1.5e-7, "1.5e-07"},
      {1e-6, "0.000001"},
      {1234567.5, "1,234,567.5"},
      {-1234, "-1,234"},
      {123456789012.34, "123,456,789,012.34"},
      {999999999999999, "999,999,999,999,999"},
      {9007199254740993, "9.00719925474099e+15"},
      {1e300, "1e+300"},
      {0, "0"}};
  for (const auto& [value, text] : shown) {
    const std::string figure = Drawn(ChartType::kBar, {value});
    EXPECT_THAT(TextsBehind(figure, "\"><title>"), ElementsAre(std::string("a: ").append(text)));
    EXPECT_THAT(figure, HasSubstr("Values from " + text + " to " + text + "."));
  }
}

TEST(ChartFigure, TheTicksOfAnAxisHaveLabelsThatDiffer) {
  const auto labels = [](const std::vector<double>& values) {
    return TextsBehind(Drawn(ChartType::kLine, values), "<text class=\"t e\"");
  };
  EXPECT_THAT(labels({0, 2e6}), ElementsAre("0", "500,000", "1,000,000", "1,500,000", "2,000,000"));
  EXPECT_THAT(labels({1e-7, 5e-7}), ElementsAre("0", "1e-07", "2e-07", "3e-07", "4e-07", "5e-07"));
  EXPECT_THAT(labels({9e15, 9e15 + 6e4}),
              ElementsAre("9e+15", "9.00000000002e+15", "9.00000000004e+15", "9.00000000006e+15"));
  for (const auto& values : std::vector<std::vector<double>>{{1e15, 1e15 + 5e3},
                                                             {-9e15, -9e15 + 1e5},
                                                             {1e16, 1e16 + 4e4},
                                                             {-4e15, 5e14},
                                                             {9e14, 1.1e15},
                                                             {1e22, 1e23},
                                                             {1e-13, 9e-13},
                                                             {1000, 1000 + 1e-8},
                                                             {1, 1 + 1e-11},
                                                             {0.5, 0.5 + 1e-7},
                                                             {-1e300, 1e300}}) {
    const std::vector<std::string> texts = labels(values);
    const std::set<std::string> different(texts.begin(), texts.end());
    EXPECT_GE(texts.size(), 2U) << values[0];
    EXPECT_EQ(different.size(), texts.size()) << testing::PrintToString(texts);
  }
}

TEST(ChartFigure, TheDescriptionTellsTheValuesOfAllRows) {
  for (const ChartType type : {ChartType::kBar, ChartType::kLine, ChartType::kPie}) {
    std::vector<double> values(3'003, 5);
    values[3'001] = 12.5;
    values[3'002] = std::nan("");
    values[2'999] = -1;
    EXPECT_THAT(Drawn(type, values), HasSubstr(" of y by x, 3003 rows. Values from -1 to 12.5."));
  }
  EXPECT_THAT(Drawn(ChartType::kBar, {std::nan(""), HUGE_VAL}), HasSubstr(" 2 rows.</desc>"));
}

std::string ChartError(std::string_view charts) {
  const auto parsed = ParseCharts({{"charts", *ParseJson(charts)}});
  return parsed ? "none" : parsed.error().message;
}

TEST(ChartSpec, AFaultNamesTheKeyWhatWasFoundAndWhatIsExpected) {
  EXPECT_EQ(ChartError("[]"), "none");
  EXPECT_EQ(ChartError(R"([{"type":"bar","x":"a","y":"b"}])"), "none");
  EXPECT_EQ(ChartError("{}"), "args.charts: expected a list of at most 20, found {}");
  EXPECT_EQ(ChartError("[1]"), "args.charts[0]: expected an object, found 1");
  EXPECT_EQ(ChartError(R"([{"type":"bar","x":"a","y":"b"},{"type":"area","x":"a","y":"b"}])"),
            R"(args.charts[1].type: expected "bar", "line" or "pie", found "area")");
  EXPECT_EQ(ChartError(R"([{"type":"bar","y":"b"}])"),
            "args.charts[0].x: expected a column's name, found null");
  EXPECT_EQ(ChartError(R"([{"type":"bar","x":"a","y":["b",1]}])"),
            R"(args.charts[0].y: expected a column's name or a list of them, found ["b",1])");
  EXPECT_EQ(ChartError(R"([{"type":"bar","x":"a","y":[]}])"),
            "args.charts[0].y: expected a column's name or a list of 1 to 16, found []");
  EXPECT_EQ(ChartError(R"([{"type":"pie","x":"a","y":["b","c"]}])"),
            R"(args.charts[0].y: expected one column for a pie, found ["b","c"])");
  EXPECT_EQ(ChartError(R"([{"type":"bar","x":"a","y":"b","title":1}])"),
            "args.charts[0].title: expected text, found 1");
  EXPECT_EQ(ChartError(R"([{"type":"bar","x":"a","y":"b","title":"a\u0001b"}])"),
            R"(args.charts[0].title: expected text without control characters, found "a\u0001b")");
  EXPECT_EQ(ChartError(R"([{"type":"bar","x":"a","y":"b","title":"\uffff"}])"),
            "args.charts[0].title: expected text without control characters, found \"\uffff\"");
  EXPECT_EQ(ChartError(R"([{"type":"bar","x":"a","y":"b","title":"a\tb\nc"}])"), "none");
  for (const std::string cell : {"h2", "2", "H", "XFE1", "A0", "A1048577", "AAAAAAAAAAAAAA1"}) {
    EXPECT_THAT(ChartError(R"([{"type":"bar","x":"a","y":"b","anchor":")" + cell + "\"}]"),
                HasSubstr("args.charts[0].anchor: expected a cell such as \"H2\""))
        << cell;
  }
}

class HtmlTest : public testing::Test {
 protected:
  void SetUp() override {
    auto dir = TempDir::Create(std::filesystem::temp_directory_path(), "html");
    ASSERT_TRUE(dir);
    dir_.emplace(std::move(*dir));
  }

  Status Render(const std::vector<std::vector<Cell>>& rows, Json args) {
    const auto path = dir_->path() / "o.html";
    const UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC, 0600));
    RendererOptions options;
    options.type = "html";
    options.args = std::move(args);
    options.output_fd = fd.get();
    options.info.report_name = "Sales";
    CARREL_ASSIGN_OR_RETURN(auto renderer, MakeRenderer(options));
    for (const auto& row : rows) CARREL_TRY(renderer->WriteRow(row));
    CARREL_TRY(renderer->Finish("2020-01-01T00:00:00+00:00"));
    CARREL_ASSIGN_OR_RETURN(page_, ReadFile(path));
    return {};
  }
  std::string Error(const std::vector<std::vector<Cell>>& rows, Json args) {
    const Status status = Render(rows, std::move(args));
    return status ? "none" : status.error().message;
  }

  std::optional<TempDir> dir_;
  std::string page_;
};

TEST_F(HtmlTest, TheFirstRowNamesTheColumnsUnlessTheArgumentsDo) {
  ASSERT_TRUE(Render({{TextCell("Name"), TextCell("Sum")}, {TextCell("a"), IntegerCell(2)}}, {}));
  EXPECT_THAT(page_, HasSubstr("<span class=\"name\">Sum</span></th></tr></thead>\n<tbody>\n"
                               "<tr><td>a</td><td class=\"n\">2</td></tr>\n"));
  EXPECT_THAT(page_, HasSubstr("<tfoot><tr><td>Total</td><td class=\"n\">2</td></tr></tfoot>"));
  EXPECT_THAT(page_, HasSubstr("1 row."));
  ASSERT_TRUE(Render({{TextCell("Name")}}, {{"columns", {"Name", "Sum"}}}));
  EXPECT_THAT(page_, HasSubstr("<tbody>\n<tr><td>Name</td><td></td></tr>\n"));
}

TEST_F(HtmlTest, AValueWithAStrOfItsOwnIsShownAsThat) {
  Cell level = IntegerCell(3);
  level.printed = "Level.HIGH";
  ASSERT_TRUE(Render({{level}}, {{"columns", {"Level"}}}));
  EXPECT_THAT(page_, HasSubstr("<td class=\"n\" data-v=\"3\">Level.HIGH</td>"));
  EXPECT_THAT(page_, HasSubstr("<tfoot><tr><td class=\"n\">Total 3</td></tr></tfoot>"));
}

TEST_F(HtmlTest, WhatACellSortsByIsAnAttributeWhenItsTextDoesNotTell) {
  Cell price = DecimalCell("1E+3");
  price.printed = "\"1000\" EUR";
  Cell plain = DecimalCell("1.50");
  plain.printed = "1.50";
  Cell day = DateCell(0);
  day.printed = "the first";
  Cell time;
  time.kind = CellKind::kDateTime;
  time.with_zone = true;
  time.offset_minutes = 90;
  Cell length;
  length.kind = CellKind::kDuration;
  length.micros = 1'500'000;
  Cell text = TextCell("a");
  text.printed = "b";
  ASSERT_TRUE(Render({{price, plain, day, DateCell(0), time, length, text, DecimalCell("NaN")}},
                     {{"columns", {"Price"}}}));
  EXPECT_THAT(page_,
              HasSubstr("<tr><td class=\"n\" data-v=\"1E+3\">&quot;1000&quot; EUR</td>"
                        "<td class=\"n\">1.50</td><td class=\"w\" data-v=\"0\">the first</td>"
                        "<td class=\"w\">1970-01-01</td>"
                        "<td class=\"w\" data-v=\"-5400000000\">1970-01-01 00:00:00+01:30</td>"
                        "<td data-v=\"1500000\">0:00:01.500000</td>"
                        "<td>a</td><td class=\"n\">NaN</td></tr>\n"));
}

TEST_F(HtmlTest, AReportWithoutRowsIsAPage) {
  ASSERT_TRUE(Render({}, {}));
  EXPECT_THAT(page_, HasSubstr("The report has no rows."));
  EXPECT_THAT(page_, HasSubstr("</html>"));
  ASSERT_TRUE(
      Render({}, {{"columns", {"a"}}, {"charts", {{{"type", "bar"}, {"x", "a"}, {"y", "a"}}}}}));
  EXPECT_THAT(page_, HasSubstr("no values</text>"));
  EXPECT_THAT(page_, HasSubstr("0 rows."));
}

TEST_F(HtmlTest, TotalsMayBeChosenByName) {
  const std::vector<std::vector<Cell>> rows = {{IntegerCell(7), IntegerCell(2)}};
  const Json columns = {"Id", "Sum"};
  ASSERT_TRUE(Render(rows, {{"columns", columns}}));
  EXPECT_THAT(page_, HasSubstr("<td class=\"n\">Total 7</td><td class=\"n\">2</td></tr></tfoot>"));
  ASSERT_TRUE(Render(rows, {{"columns", columns}, {"totals", {"Sum"}}}));
  EXPECT_THAT(page_, HasSubstr("<td>Total</td><td class=\"n\">2</td></tr></tfoot>"));
  ASSERT_TRUE(Render(rows, {{"columns", columns}, {"totals", Json::array()}}));
  EXPECT_THAT(page_, Not(HasSubstr("<tfoot>")));
}

TEST_F(HtmlTest, BadArgumentsAreNamed) {
  const Json columns = {"Month", "Amount"};
  EXPECT_EQ(Error({}, {{"columns", "a"}}),
            "args.columns: expected a list of column names, found \"a\"");
  EXPECT_EQ(Error({}, {{"max_rows", 0}}),
            "args.max_rows: expected an integer from 1 to 100000, found 0");
  EXPECT_EQ(Error({}, {{"title", ""}}), "args.title: expected text, found \"\"");
  EXPECT_EQ(Error({}, {{"columns", columns}, {"totals", {"Amuont"}}}),
            "args.totals: found \"Amuont\", which is no column; did you mean 'Amount'?");
  EXPECT_EQ(
      Error({}, {{"columns", columns},
                 {"charts", {{{"type", "pie"}, {"x", "Month"}, {"y", "Amuont"}}}}}),
      "args.charts[0].y: found \"Amuont\", expected one of the columns \"Month\", \"Amount\"; "
      "did you mean 'Amount'?");
  EXPECT_THAT(Error({{TextCell("a")}}, {{"charts", {{{"type", "pie"}, {"x", "b"}, {"y", "a"}}}}}),
              HasSubstr("args.charts[0].x: found \"b\", expected one of the columns \"a\""));
  EXPECT_EQ(Error({{TextCell("a")}, std::vector<Cell>(16'385)}, {}),
            "row 2: 16385 cells: a page has at most 16384 columns");
}

TEST(HtmlText, NothingOfItIsMarkup) {
  std::string out;
  AppendHtmlText(out, std::string_view("<a href='x' b=\"y\">&\r\n\0\xFFz", 24));
  EXPECT_EQ(out, "&lt;a href=&#39;x&#39; b=&quot;y&quot;&gt;&amp;&#13;\n\xEF\xBF\xBD\xEF\xBF\xBDz");
}

}  // namespace
}  // namespace carrel::render
