#include <gtest/gtest.h>

#include <random>
#include <string>

#include "runtime/usage/record_load.h"

namespace carrel::usage {
namespace {

Decimal Parsed(const std::string& text) { return *Decimal::Parse(text); }

TEST(RecordNumber, IsTheFloorAndWhatIsAboveItIn18Digits) {
  const auto whole_and_fraction = [](const std::string& text) {
    const auto number = ToNumber(Parsed(text));
    return number ? std::to_string(number->whole) + " " + std::to_string(number->fraction)
                  : number.error().message;
  };
  EXPECT_EQ(whole_and_fraction("0"), "0 0");
  EXPECT_EQ(whole_and_fraction("1.50"), "1 500000000000000000");
  EXPECT_EQ(whole_and_fraction("-1.5"), "-2 500000000000000000");
  EXPECT_EQ(whole_and_fraction("-0.000000000000000001"), "-1 999999999999999999");
  EXPECT_EQ(whole_and_fraction("999999999999999999.999999999999999999"),
            "999999999999999999 999999999999999999");
  EXPECT_EQ(whole_and_fraction("-999999999999999999.999999999999999999"), "-1000000000000000000 1");
  for (const char* text : {"1000000000000000000", "-1000000000000000001", "9223372036854775808.5",
                           "0.0000000000000000001", "99999999999999999999999999999999999999"}) {
    EXPECT_EQ(whole_and_fraction(text),
              std::string(text) + ": more than 18 digits on one side of the point");
  }
}

TEST(RecordNumber, ReadsBackAsTheDecimalItWas) {
  std::mt19937_64 random(3);
  for (int i = 0; i < 20'000; ++i) {
    const int digits = static_cast<int>(random() % 37);
    std::string text(random() % 2 == 0 ? "-" : "");
    for (int d = 0; d < digits; ++d) {
      if (d == digits - 18) text += '.';
      text += static_cast<char>('0' + random() % 10);
    }
    if (text.empty() || text.ends_with('-')) text += '7';
    const Decimal value = Parsed(text);
    const auto number = ToNumber(value);
    if (!number) continue;  // up to 18 digits before the point, without one
    EXPECT_EQ(ToDecimal(*number), value) << text;
  }
}

}  // namespace
}  // namespace carrel::usage
