#include "sdk/render/formula_shift.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace carrel::render {
namespace {

struct Case {
  std::string formula;
  FormulaShift shift;
  std::string expected;
};

// Expected is what openpyxl's Translator makes of them.
TEST(ShiftFormula, MovesRelativeReferencesOnly) {
  for (const Case& example : std::vector<Case>{
           {"B3*2", {2, 1}, "C5*2"},
           {"$B3+B$3+$B$3", {1, 1}, "$B4+C$3+$B$3"},
           {"SUM(A1:B2)", {3, 0}, "SUM(A4:B5)"},
           {"a1+xfd1", {1, 0}, "A2+XFD2"},
           {"SUM(A:C)+SUM(1:3)", {1, 1}, "SUM(B:D)+SUM(2:4)"},
           {"SUM($A:C)", {0, 2}, "SUM($A:E)"},
           {"Sheet1!A1+Sheet1!$A:B", {1, 1}, "Sheet1!B2+Sheet1!$A:C"},
           {"'It''s B2'!B2&\"B2\"", {1, 1}, "'It''s B2'!C3&\"B2\""},
           {"SUM(Jan:Mar!B2)+SUM(Jan:Mar)", {1, 1}, "SUM(Jan:Mar!C3)+SUM(JAO:MAS)"},
           {"LOG10(A1)+ATAN2(B1,C1)", {1, 0}, "LOG10(A2)+ATAN2(B2,C2)"},
           {"Table1[A1]+Table1[[#This Row],[B2]]", {1, 1}, "Table1[A1]+Table1[[#This Row],[B2]]"},
           {"[1]Data!A1", {2, 2}, "[1]Data!C3"},
           {"1E+5+A1", {1, 0}, "1E+5+A2"},
           {"A1_total+total.B2", {1, 1}, "A1_total+total.B2"},
           {"IF(A1>=0,\"a\"\"A1\"\"b\",#N/A)", {1, 0}, "IF(A2>=0,\"a\"\"A1\"\"b\",#N/A)"},
           {"{1,2;3,4}*A1", {1, 0}, "{1,2;3,4}*A2"}}) {
    EXPECT_EQ(ShiftFormula(example.formula, example.shift), example.expected);
  }
}

TEST(ShiftFormula, ReadsTheTextAsItStandsInXml) {
  EXPECT_EQ(ShiftFormula("A1&amp;&quot;A1&quot;&lt;B1", {1, 0}), "A2&amp;&quot;A1&quot;&lt;B2");
  EXPECT_EQ(ShiftFormula("&apos;A1&apos;!A1", {1, 0}), "&apos;A1&apos;!A2");
}

TEST(ShiftFormula, WhatLeavesTheSheetIsNoReference) {
  EXPECT_EQ(ShiftFormula("A1+B2", {-1, 0}), "#REF!+B1");
  EXPECT_EQ(ShiftFormula("SUM(A:B)", {0, -1}), "SUM(#REF!:A)");
  EXPECT_EQ(ShiftFormula("XFD1048576", {1, 0}), "#REF!");
  EXPECT_EQ(ShiftFormula("XFE1+A1048577", {1, 1}), "XFE1+A1048577");  // names
}

TEST(ShiftFormula, CopesWithWhatIsNoFormula) {
  for (const char* text : {"\"open", "'open", "[open", "&open", "A1:", ":", "$", "A$", "]"}) {
    EXPECT_FALSE(ShiftFormula(text, {1, 1}).empty()) << text;
  }
  EXPECT_EQ(ShiftFormula("", {1, 1}), "");
}

}  // namespace
}  // namespace carrel::render
