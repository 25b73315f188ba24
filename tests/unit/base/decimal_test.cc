#include "runtime/base/decimal.h"

#include <gmock/gmock.h>

#include <random>
#include <string>
#include <vector>

namespace carrel {
namespace {

std::string Exact(std::string_view text) {
  const auto value = Decimal::Parse(text);
  return value ? value->ToString() : "fault " + std::to_string(static_cast<int>(value.error()));
}

std::string Stored(std::string_view text) {
  const auto value = Decimal::ParseSpreadsheet(text);
  return value ? value->ToString() : "fault " + std::to_string(static_cast<int>(value.error()));
}

Decimal D(std::string_view text) { return Decimal::Parse(text).value(); }

const std::string kNotANumber = "fault 0";
const std::string kTooLarge = "fault 1";
const std::string kTooManyDigits = "fault 2";

TEST(DecimalTest, TextsAreReadExactly) {
  for (const auto& [text, value] : std::initializer_list<std::pair<const char*, const char*>>{
           {"0", "0"},
           {"-0", "0"},
           {"0.00", "0"},
           {"1.50", "1.5"},
           {"-12.5", "-12.5"},
           {"+7", "7"},
           {".5", "0.5"},
           {"5.", "5"},
           {"007", "7"},
           {"999999999999999999", "999999999999999999"},
           {"9223372036854775808", "9223372036854775808"},
           {"0.57999999999999996", "0.57999999999999996"},
           {"12345678901234567890123456789012345678", "12345678901234567890123456789012345678"},
           {"1e3", "1000"},
           {"1.5E-3", "0.0015"},
           {"100e-2", "1"},
           {"0e999", "0"},
           {"0.00000000000000000000000000000000000001",
            "0.00000000000000000000000000000000000001"}}) {
    EXPECT_EQ(Exact(text), value) << text;
  }
}

TEST(DecimalTest, WhatIsNoNumberIsRefusedByItsKind) {
  for (const char* text : {"", "-", ".", "1,5", "1.2.3", "abc", "1 000", " 1", "1 ", "\xD9\xA3",
                           "0x10", "1e", "1e+", "e5", "NaN", "inf", "--1", "1-",
                           "\xE2\x88\x92"
                           "1"}) {
    EXPECT_EQ(Exact(text), kNotANumber) << text;
    EXPECT_EQ(Stored(text), kNotANumber) << text;
  }
  EXPECT_EQ(Exact("1e400"), kTooLarge);
  EXPECT_EQ(Stored("1e400"), kTooLarge);
  EXPECT_EQ(Exact("100000000000000000000000000000000000000"), kTooLarge);
  EXPECT_EQ(Exact("1.234567890123456789012345678901234567891"), kTooManyDigits);
  EXPECT_EQ(Exact("1e-39"), kTooManyDigits);
  EXPECT_EQ(Stored("1e-400"), kTooManyDigits);
  EXPECT_EQ(Exact("1e99999999999999999999"), kTooLarge);
}

TEST(DecimalTest, NumbersOfSpreadsheetsLoseTheirBinaryTail) {
  EXPECT_EQ(Stored("0.57999999999999996"), "0.58");
  EXPECT_EQ(Stored("1.0000000000000001E-5"), "0.00001");
  EXPECT_EQ(Stored("1E+16"), "10000000000000000");
  EXPECT_EQ(Stored("298558446338287104"), "298558446338287100");
  EXPECT_EQ(Stored("123456789012.345"), "123456789012.345") << "15 digits are exact";
  EXPECT_EQ(Stored("123456789012345"), "123456789012345");
  EXPECT_EQ(Stored("-0.10000000000000001"), "-0.1");
}

TEST(DecimalTest, ResultsOfFormulasAreWhatASpreadsheetShows) {
  EXPECT_EQ(Stored("0.30000000000000004"), "0.3") << "0.1 + 0.2";
  EXPECT_EQ(Stored("3.3000000000000003"), "3.3") << "1.1 + 2.2";
  EXPECT_EQ(Stored("-434.99999999999994"), "-435") << "-4.35 * 100";
  EXPECT_EQ(Stored("1.2100000000000002"), "1.21");
  EXPECT_EQ(Stored("3.0000000000000002E-2"), "0.03");
  EXPECT_EQ(Stored("0.99999999999999989"), "1") << "ten times 0.1";
  EXPECT_EQ(Stored("5.5511151231257827E-17"), "0.00000000000000005551115123125783");
  EXPECT_EQ(Stored("0.33333333333333331"), "0.3333333333333333") << "no 15 digits are near";
  EXPECT_EQ(Stored("0.12345678901234568"), "0.12345678901234568");
  EXPECT_EQ(Stored("0.3000000000000001"), "0.3000000000000001") << "16 digits are meant";
  EXPECT_EQ(Stored("12345678901234602"), "12345678901234602") << "whole numbers may be ids";
}

TEST(DecimalTest, OrderIsThatOfTheValues) {
  EXPECT_EQ(D("1.50"), D("1.5"));
  EXPECT_LT(D("1.49"), D("1.5"));
  EXPECT_GT(D("2"), D("1.99999999"));
  EXPECT_LT(D("-2"), D("-1.5"));
  EXPECT_LT(D("-1e37"), D("0.00000000000000000000000000000000000001"));
  EXPECT_GT(D("1e37"), D("0.00000000000000000000000000000000000001"));
  EXPECT_GT(D("-0.00000000000000000000000000000000000001"), D("-1e37"));
  EXPECT_LT(D("0.00000000000000000000000000000000000001"), D("1e37"));
}

TEST(DecimalTest, ScaledGivesWholeUnitsOrNothing) {
  EXPECT_EQ(D("12.34").Scaled(2), 1234);
  EXPECT_EQ(D("12.34").Scaled(4), 123400);
  EXPECT_EQ(D("12.34").Scaled(1), std::nullopt);
  EXPECT_EQ(D("9223372036854775807").Scaled(0), INT64_MAX);
  EXPECT_EQ(D("9223372036854775808").Scaled(0), std::nullopt);
}

TEST(DecimalTest, SumsAreExactWhereDoublesAreNot) {
  EXPECT_EQ(D("0.1").Plus(D("0.2"))->ToString(), "0.3");
  EXPECT_EQ(D("10000000000000000").Plus(D("0.01"))->ToString(), "10000000000000000.01");
  EXPECT_EQ(D("1").Plus(D("-1"))->ToString(), "0");
  EXPECT_EQ(D("99999999999999999999999999999999999999").Plus(D("1")), std::nullopt);
}

TEST(DecimalTest, SumsAreWrittenWithoutZerosThatSayNothing) {
  const auto sum = [](std::initializer_list<const char*> texts) {
    DecimalSum out;
    for (const char* text : texts) out.Add(D(text));
    return out.ToString();
  };
  EXPECT_EQ(sum({}), "0");
  EXPECT_EQ(sum({"1.5", "1.5"}), "3");
  EXPECT_EQ(sum({"0.25", "0.25", "99.5"}), "100");
  EXPECT_EQ(sum({"-0.7", "0.2"}), "-0.5");
  EXPECT_EQ(sum({"0.001", "-0.001"}), "0");
  EXPECT_EQ(sum({"99999999999999999999999999999999999999"}),
            "99999999999999999999999999999999999999");
  EXPECT_EQ(sum({"99999999999999999999999999999999999999", "1"}),
            "100000000000000000000000000000000000000");
}

TEST(DecimalTest, SumsBeyond128BitsDoNotOverflow) {
  DecimalSum sum;
  for (int i = 0; i < 1000; ++i) sum.Add(D("99999999999999999999999999999999999999"));
  EXPECT_EQ(sum.ToString(), "99999999999999999999999999999999999999000");
  EXPECT_EQ(sum.Total(), std::nullopt);
  sum.Add(D("0.00000000000000000000000000000000000001"));
  EXPECT_EQ(sum.ToString(),
            "99999999999999999999999999999999999999000.00000000000000000000000000000000000001");
  for (int i = 0; i < 1000; ++i) sum.Add(D("-99999999999999999999999999999999999999"));
  EXPECT_EQ(sum.Total()->ToString(), "0.00000000000000000000000000000000000001");
  sum.Add(D("-1"));
  EXPECT_EQ(sum.ToString(), "-0.99999999999999999999999999999999999999");
}

TEST(DecimalTest, SumsDoNotDependOnTheirOrder) {
  std::mt19937_64 random(1);
  std::vector<Decimal> values;
  for (int i = 0; i < 2000; ++i) {
    const auto digits = static_cast<int64_t>(random());
    const int scale = static_cast<int>(random() % 39);
    values.push_back(
        Decimal::Make(static_cast<__int128>(digits) * (i % 3 == 0 ? 1'000'000'000 : 1), scale));
  }
  DecimalSum forward, backward, halves, second;
  for (size_t i = 0; i < values.size(); ++i) {
    forward.Add(values[i]);
    backward.Add(values[values.size() - 1 - i]);
    (i % 2 == 0 ? halves : second).Add(values[i]);
  }
  halves.Add(second);
  EXPECT_EQ(forward.ToString(), backward.ToString());
  EXPECT_EQ(forward.ToString(), halves.ToString());
  for (const Decimal& value : values) {
    forward.Add(Decimal::Make(-value.units(), value.scale()));
  }
  EXPECT_EQ(forward.ToString(), "0");
}

TEST(DecimalTest, EveryNumberReadsBackAsPrinted) {
  std::mt19937_64 random(2);
  for (int i = 0; i < 20'000; ++i) {
    const Decimal value = Decimal::Make(static_cast<int64_t>(random() >> (random() % 60)),
                                        static_cast<int>(random() % 20));
    EXPECT_EQ(D(value.ToString()), value);
  }
}

}  // namespace
}  // namespace carrel
