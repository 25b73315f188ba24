// The common cells of a sheet have a path of their own: it must write what the general one writes.
#include <gmock/gmock.h>

#include <bit>
#include <charconv>
#include <cmath>
#include <random>

#include "runtime/base/sha256.h"
#include "sdk/render/number_text.h"
#include "sdk/render/time_text.h"
#include "sdk/render/workbook_text.h"
#include "sdk/render/xlsx_row.h"
#include "tests/unit/render/xlsx_fixture.h"

namespace carrel::render {
namespace {

using testing::HasSubstr;

class CommonCellsTest : public testing::Test {
 protected:
  explicit CommonCellsTest(std::string_view prefix = "", uint32_t first_column = 1)
      : styles_(XlsxStyles::New(kSheetNamespace)),
        general_(prefix, XlsxCellWriter::Epoch::k1900, styles_),
        common_(prefix, first_column, XlsxCellWriter::Epoch::k1900, styles_) {}

  // What the common path makes of one cell; empty when it leaves it.
  std::string Common(const Cell& cell) {
    std::string out = "before";
    // Twice, since the first date has its style made.
    for (int i = 0; i < 2; ++i) {
      out = "before";
      if (common_.Append(out, "1048576", Row(&cell, 1), 0) == 1) return out.substr(6);
    }
    EXPECT_EQ(out, "before");
    return {};
  }
  std::string General(const Cell& cell) {
    std::string out;
    EXPECT_TRUE(general_.Append(out, "A1048576", 0, cell));
    return out;
  }
  static Cell Text(std::string_view text) {
    Cell cell;
    cell.kind = CellKind::kText;
    cell.text = text;
    return cell;
  }

  XlsxStyles styles_;
  XlsxCellWriter general_;
  XlsxRowWriter common_;
};

TEST_F(CommonCellsTest, TextIsWrittenAsOnTheGeneralPath) {
  std::mt19937 random(11);
  const std::vector<std::string> alphabet = {"a",
                                             "B",
                                             "7",
                                             " ",
                                             "_",
                                             "x",
                                             "&",
                                             "<",
                                             ">",
                                             "\"",
                                             "'",
                                             "-",
                                             "\xC3\xA9",
                                             "\xE6\x97\xA5",
                                             "\xF0\x9F\x98\x80"};
  size_t taken = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string text;
    const size_t length = 1 + random() % 40;
    const size_t letters = i % 3 == 0 ? 3 : alphabet.size();
    for (size_t n = 0; n < length; ++n) text += alphabet[random() % letters];
    const std::string common = Common(Text(text));
    if (common.empty()) continue;
    ++taken;
    ASSERT_EQ(common, General(Text(text))) << text;
  }
  EXPECT_GT(taken, 15'000u);
}

TEST_F(CommonCellsTest, TextOfEveryLengthIsCopiedWhole) {
  for (size_t length = 1; length < 100; ++length) {
    for (size_t at = 0; at < length; ++at) {
      std::string text(length, 'a');
      for (size_t i = 0; i < length; ++i) text[i] = static_cast<char>('a' + i % 26);
      ASSERT_EQ(Common(Text(text)), General(Text(text)));
      text[at] = '&';
      ASSERT_EQ(Common(Text(text)), General(Text(text)));
    }
  }
}

TEST_F(CommonCellsTest, WhatNeedsCareIsLeftToTheGeneralPath) {
  for (const std::string text :
       {"", "#N/A", "a\nb", "a\tb", "_x0041_", "a\xFFz", "\xEF\xBF\xBE", "\x01"}) {
    EXPECT_EQ(Common(Text(text)), "") << text;
  }
  EXPECT_EQ(Common(Text(std::string(kMaxCellText + 1, 'a'))), "");
  EXPECT_NE(Common(Text(std::string(kMaxCellText, 'a'))), "");
  EXPECT_EQ(Common({.kind = CellKind::kFloat, .number = std::nan("")}), "");
  EXPECT_EQ(Common({.kind = CellKind::kFloat, .number = HUGE_VAL}), "");
  EXPECT_EQ(Common({.kind = CellKind::kInteger, .integer = kMaxExactInteger + 1}), "");
  EXPECT_EQ(Common({.kind = CellKind::kBool, .integer = 1}), "");
  // 1900-02-28, before the day that never was.
  EXPECT_EQ(Common({.kind = CellKind::kDate, .micros = -25'509 * kMicrosPerDay}), "");
}

TEST_F(CommonCellsTest, NumbersAreWrittenAsOnTheGeneralPath) {
  std::mt19937_64 random(5);
  for (int i = 0; i < 50'000; ++i) {
    const auto integer = static_cast<int64_t>(random() >> (random() % 64));
    if (integer < kMaxExactInteger && integer > -kMaxExactInteger) {
      const Cell cell{.kind = CellKind::kInteger, .integer = integer};
      ASSERT_EQ(Common(cell), General(cell));
    }
    const Cell cell{.kind = CellKind::kFloat,
                    .number = static_cast<double>(random() % 1'000'000) / 100};
    ASSERT_EQ(Common(cell), General(cell));
  }
}

// Within a fraction of what the doubles of the day can tell apart.
TEST_F(CommonCellsTest, DatesAreTheSerialsOfTheGeneralPath) {
  const auto serial = [](const std::string& xml) {
    const size_t begin = xml.find("<v>") + 3;
    double value = 0;
    std::from_chars(xml.data() + begin, xml.data() + xml.find("</v>"), value);
    return value;
  };
  std::mt19937_64 random(3);
  for (int i = 0; i < 50'000; ++i) {
    const auto seconds = static_cast<int64_t>(random() % 10'000'000'000) - 2'000'000'000;
    Cell cell{.kind = CellKind::kDateTime, .micros = seconds * kMicrosPerSecond};
    if (i % 4 == 0) cell.micros += static_cast<int64_t>(random() % 1'000'000);
    cell.with_zone = i % 2 == 0;
    cell.offset_minutes = static_cast<int16_t>(random() % 1440 - 720);
    const std::string common = Common(cell), general = General(cell);
    ASSERT_FALSE(common.empty());
    ASSERT_EQ(common.substr(0, common.find("<v>")), general.substr(0, general.find("<v>")));
    ASSERT_NEAR(serial(common), serial(general), 1.6e-11) << cell.micros;
    // Back to microseconds, as a reader would.
    const int64_t utc =
        cell.micros - (cell.with_zone ? int64_t{60'000'000} * cell.offset_minutes : 0);
    ASSERT_NEAR((serial(common) - 25'569) * 86'400e6 - static_cast<double>(utc), 0, 1.0);
  }
  const Cell day{.kind = CellKind::kDate, .micros = 20'000 * kMicrosPerDay};
  EXPECT_EQ(Common(day), General(day));
  EXPECT_THAT(Common(day), HasSubstr("<v>45569</v>"));
}

class PrefixedCellsTest : public CommonCellsTest {
 protected:
  PrefixedCellsTest() : CommonCellsTest("x:") {}
};

TEST_F(PrefixedCellsTest, APrefixIsOnEveryTag) {
  for (const Cell& cell :
       {Text("abc"), Text(" a "), Cell{.kind = CellKind::kInteger, .integer = 7}}) {
    EXPECT_EQ(Common(cell), General(cell));
  }
}

class LongPrefixTest : public CommonCellsTest {
 protected:
  LongPrefixTest() : CommonCellsTest("spreadsheet:") {}
};

TEST_F(LongPrefixTest, ALongPrefixLeavesAllCellsToTheGeneralPath) {
  EXPECT_EQ(Common(Text("abc")), "");
}

TEST(ShortNumbersTest, EveryFormReadsBackAsTheSameDoubleWithTheFewestDigits) {
  std::mt19937_64 random(17);
  const auto digits_of = [](std::string_view text) {
    std::string digits;
    for (const char c : text.substr(0, text.find('e'))) {
      if (c >= '0' && c <= '9') digits.push_back(c);
    }
    digits.erase(0, digits.find_first_not_of('0'));
    digits.erase(digits.find_last_not_of('0') + 1);
    return digits;
  };
  const auto check = [&](double value) {
    char expected[64];
    const auto end =
        std::to_chars(expected, expected + sizeof expected, value, std::chars_format::scientific)
            .ptr;
    const std::string_view shortest(expected, static_cast<size_t>(end - expected));
    for (char* (*put)(char*, double) : {PutShortest, PutPythonFloat, PutJsonFloat}) {
      char buffer[kNumberRoom];
      const std::string text(buffer, put(buffer, value));
      double back = 0;
      const auto read = std::from_chars(text.data(), text.data() + text.size(), back);
      ASSERT_EQ(read.ptr, text.data() + text.size()) << text;
      ASSERT_EQ(std::bit_cast<uint64_t>(back), std::bit_cast<uint64_t>(value)) << text;
      // A large integer may have its own digits in the place of zeros.
      ASSERT_TRUE(digits_of(text) == digits_of(shortest) || std::fabs(value) >= 1e15) << text;
    }
  };
  for (const double value : {0.0, -0.0, 1.0, 0.58, 0.1 + 0.2, 1e-6, 1e-5, 5e-324, 1e9, 1e15, 1e16,
                             999999999.999999, 1.7976931348623157e308, 123456789.123456}) {
    check(value);
    check(-value);
  }
  for (int i = 0; i < 200'000; ++i) {
    const auto value = std::bit_cast<double>(random());
    if (std::isfinite(value)) check(value);
    check(static_cast<double>(random() % 10'000'000'000) / 1e6);
    check(static_cast<double>(random() % 1'000'000) / 1e2);
    check(std::ldexp(static_cast<double>(random() >> 11), -40));
  }
}

using RenderedTwiceTest = XlsxTest;

TEST_F(RenderedTwiceTest, ALargeWorkbookHasTheSameBytesOnEveryRunWithAndWithoutASecondThread) {
  std::vector<std::vector<Cell>> rows;
  std::vector<std::string> texts;
  rows.reserve(20'000);
  texts.reserve(20'000);
  for (int i = 0; i < 20'000; ++i) texts.push_back("text " + std::to_string(i * 7919 % 10'007));
  for (int i = 0; i < 20'000; ++i) {
    rows.push_back({Text(texts[static_cast<size_t>(i)]),
                    Integer(i),
                    {.kind = CellKind::kDateTime, .micros = i * int64_t{61'000'000}}});
  }
  const auto digest = [&] {
    EXPECT_TRUE(Render(rows, {{"compression", "fast"}}));
    return Sha256Hex(*ReadFile(dir_->path() / "o.xlsx"));
  };
  const std::string first = digest();
  EXPECT_EQ(digest(), first);
  threading_ = Threading::kInline;
  EXPECT_EQ(digest(), first);
}

TEST_F(RenderedTwiceTest, CompressionIsFastOrSmall) {
  const std::vector<std::vector<Cell>> rows(5'000, {Text("some text"), Integer(12'345)});
  ASSERT_TRUE(Render(rows));
  const std::string fast = Data();
  const auto fast_size = std::filesystem::file_size(dir_->path() / "o.xlsx");
  ASSERT_TRUE(Render(rows, {{"compression", "small"}}));
  EXPECT_EQ(Data(), fast);
  EXPECT_LT(std::filesystem::file_size(dir_->path() / "o.xlsx"), fast_size);
  EXPECT_EQ(Render({}, {{"compression", "tiny"}}).error().message,
            "args.compression: expected \"fast\" or \"small\", found \"tiny\"");
  EXPECT_EQ(Render({}, {{"compression", 9}}).error().message,
            "args.compression: expected \"fast\" or \"small\", found 9");
}

}  // namespace
}  // namespace carrel::render
