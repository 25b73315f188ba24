#include "sdk/render/fold_case.h"

#include <gtest/gtest.h>

namespace carrel::render {
namespace {

TEST(FoldCase, MakesSmallLettersOfTheAlphabetsThatHaveThem) {
  EXPECT_EQ(FoldCase("Name 1 [é]"), "name 1 [é]");
  EXPECT_EQ(FoldCase("ÀÉÖØÞŸŁŐŽƠȘ"), "àéöøþÿłőžơș");
  EXPECT_EQ(FoldCase("ΆΈΌΏΑΣΩ"), "άέόώασω");
  EXPECT_EQ(FoldCase("ЀЖЯЁҐԱՖ"), "ѐжяёґաֆ");
  EXPECT_EQ(FoldCase("ẀẾỸ"), "ẁếỹ");
}

TEST(FoldCase, LeavesAllElseAsItIs) {
  for (const char* text : {"àß×÷ÿ", "αω", "яё", "東京", "😀", "\xC3", "\xE1\xBA", "\xFF"}) {
    const std::string folded = FoldCase(text);
    EXPECT_EQ(FoldCase(folded), folded);
    EXPECT_EQ(folded, text);
  }
}

}  // namespace
}  // namespace carrel::render
