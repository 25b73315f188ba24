#include "runtime/usage/csv_reader.h"

#include <fmt/format.h>
#include <zlib.h>

#include "runtime/usage/byte_window.h"
#include "tests/unit/usage/workbook_fixture.h"

namespace carrel::usage {
namespace {

using testing::HasSubstr;

class CsvReaderTest : public WorkbookTest {
 protected:
  std::string Read(std::string_view bytes, CsvOptions options = {}) {
    const auto path = WriteFile("a.csv", bytes);
    std::string first;
    for (const Threads threads : {Threads::kOne, Threads::kTwo}) {
      options.threads = threads;
      Describe sink;
      const Status read = ReadCsv(path, options, sink);
      const std::string answer = read ? sink.text : "error: " + read.error().message;
      if (threads == Threads::kOne) first = answer;
      EXPECT_EQ(answer, first);
    }
    return first;
  }
};

std::string Gzip(const std::string& text) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY);
  std::string out(text.size() + 1000, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

TEST_F(CsvReaderTest, FieldsAreTakenAsTheyStand) {
  EXPECT_EQ(Read("a,b,c\n1,2.50, x \n"), "A1=a|B1=b|C1=c A2=1|B2=2.50|C2= x ");
  EXPECT_EQ(Read("a,b\r\n,2\r\n1,\r\n"), "A1=a|B1=b B2=2 A3=1");
  EXPECT_EQ(Read("a,b\r1,2"), "A1=a|B1=b A2=1|B2=2");
  EXPECT_EQ(Read("a,b\n\n\n1,2\n\n"), "A1=a|B1=b A4=1|B4=2");
  EXPECT_EQ(Read(""), "");
  EXPECT_EQ(Read("\n"), "");
  EXPECT_EQ(Read("a"), "A1=a");
  EXPECT_EQ(Read("5\" pipe,b"), "A1=5\" pipe|B1=b");
}

TEST_F(CsvReaderTest, QuotesKeepSeparatorsAndLineEnds) {
  EXPECT_EQ(Read("\"a,b\",\"c\"\"d\",\"\"\n\"x\ny\",z\nlast,1\n"),
            "A1=a,b|B1=c\"d A2=x\ny|B2=z A4=last|B4=1");
  EXPECT_EQ(Read("\"a\"\r\n\"b\"\r\n"), "A1=a A2=b");
  EXPECT_EQ(Read("\"a\""), "A1=a");
}

TEST_F(CsvReaderTest, TheSeparatorIsFoundInTheFirstLine) {
  EXPECT_EQ(Read("a;b,c;d\n1;2;3\n"), "A1=a|B1=b,c|C1=d A2=1|B2=2|C2=3");
  EXPECT_EQ(Read("a\tb\n1\t2\n"), "A1=a|B1=b A2=1|B2=2");
  EXPECT_EQ(Read("a|b\n1|2\n"), "A1=a|B1=b A2=1|B2=2");
  EXPECT_EQ(Read("\"a;b;c\",d\n"), "A1=a;b;c|B1=d");
  CsvOptions given;
  given.delimiter = ',';
  EXPECT_EQ(Read("a;b,c;d\n", given), "A1=a;b|B1=c;d");
}

TEST_F(CsvReaderTest, EncodingsAreDetected) {
  EXPECT_EQ(Read("\xEF\xBB\xBFgr\xC3\xB6\xC3\x9F"
                 "e,b\n"),
            "A1=gr\xC3\xB6\xC3\x9F"
            "e|B1=b");
  EXPECT_EQ(Read("gr\xF6\xDF"
                 "e,\x80\n"),
            "A1=gr\xC3\xB6\xC3\x9F"
            "e|B1=\xE2\x82\xAC");
  EXPECT_EQ(Read(std::string_view("\xFF\xFE"
                                  "a\0,\0\xF6\0\n\0=\xD8\x00\xDE\n\0",
                                  16)),
            "A1=a|B1=\xC3\xB6 A2=\xF0\x9F\x98\x80");
  EXPECT_EQ(Read(std::string_view("\xFE\xFF\0a\0,\0\xF6\0\n", 10)), "A1=a|B1=\xC3\xB6");
  EXPECT_EQ(Read(std::string_view("\xFF\xFE"
                                  "a\0\0\xDC",
                                  6)),
            "error: csv file: damaged UTF-16");
  // The first byte that tells comes late, and the one that decides later still.
  std::string late, expected;
  for (int i = 1; i <= 100'000; ++i) {
    late += "plain\n";
    expected += fmt::format("{}A{}=plain", i > 1 ? " " : "", i);
  }
  EXPECT_EQ(Read(late + "gr\xC3\xB6\xC3\x9F\n"), expected + " A100001=gr\xC3\xB6\xC3\x9F");
  EXPECT_EQ(
      Read("\xC3\xB6\n" + late + "\xF6"), "A1=\xC3\x83\xC2\xB6 " + [&] {
        std::string shifted;
        for (int i = 2; i <= 100'001; ++i) shifted += fmt::format("A{}=plain ", i);
        return shifted;
      }() + "A100002=\xC3\xB6");
  EXPECT_EQ(Read(Gzip(late + "\xF6\n")), expected + " A100001=\xC3\xB6");
  CsvOptions utf8;
  utf8.encoding = CsvEncoding::kUtf8;
  EXPECT_EQ(Read("a,b\nc,\xF6\n", utf8), "error: line 2: it is not UTF-8");
}

TEST_F(CsvReaderTest, ACharacterThatTheEndCutsIsFoundWhereverTheStreamIsCut) {
  std::string line(99, 'x');
  line += '\n';
  CsvOptions utf8;
  utf8.encoding = CsvEncoding::kUtf8;
  for (const size_t size : {Block::kBytes - 1, Block::kBytes, Block::kBytes + 1, 2 * Block::kBytes,
                            2 * Block::kBytes + 1}) {
    std::string text;
    while (text.size() < size) text += line;
    text.resize(size - 1);
    text += '\xC3';
    EXPECT_EQ(Read(text, utf8), fmt::format("error: line {}: it is not UTF-8", (size + 99) / 100));
  }
}

TEST_F(CsvReaderTest, GzipIsReadMemberByMember) {
  std::string text, expected;
  for (int i = 1; i <= 20'000; ++i) {
    text += fmt::format("{},row {}\n", i, i);
    expected += fmt::format("{}A{}={}|B{}=row {}", i > 1 ? " " : "", i, i, i, i);
  }
  const size_t half = text.find('\n', text.size() / 2) + 1;
  EXPECT_EQ(Read(Gzip(text)), expected);
  EXPECT_EQ(Read(Gzip(text.substr(0, half)) + Gzip(text.substr(half))), expected);
  EXPECT_THAT(Read(Gzip(text).substr(0, 500)), HasSubstr("gzip: compressed data ends early"));
  EXPECT_THAT(Read(Gzip(text) + "rubbish, and more of it"),
              HasSubstr("gzip: compressed data is not valid"));
  CsvOptions small;
  small.limits.max_inflated = 10'000;
  EXPECT_THAT(Read(Gzip(text), small), HasSubstr("csv file of more than 9.8 KiB"));
}

TEST_F(CsvReaderTest, FaultsNameTheirLine) {
  EXPECT_EQ(Read("a,b\n\"x\ny\",1\n\"never closed\n1,2\n"),
            "error: line 4: a quote that is never closed");
  EXPECT_EQ(Read("a,b\n\"x\"y,1\n"), "error: line 2: text behind a closing quote");
  EXPECT_EQ(Read(std::string_view("a,b\nc,\0\n", 8)), "error: line 2: a control character");
}

TEST_F(CsvReaderTest, BudgetsAreHeld) {
  CsvOptions options;
  options.limits.max_columns = 2;
  EXPECT_EQ(Read("a,b\n1,2,3\n", options), "error: line 2: more than 2 columns");
  options = {};
  options.limits.max_lines = 2;
  EXPECT_EQ(Read("a\nb\nc\n", options), "error: line 3: more than 2 rows");
  options = {};
  options.limits.max_cell_bytes = 5;
  EXPECT_EQ(Read("a,123456\n", options), "error: line 1, column B: more than 5 B");
  EXPECT_EQ(Read("a,\"123456\"\n", options), "error: line 1, column A: more than 5 B");
  options = {};
  options.limits.max_row_bytes = 100'000;
  options.limits.max_cell_bytes = 100'000'000;
  EXPECT_EQ(Read("a\n\"" + std::string(1'000'000, 'x'), options),
            "error: line 2: more than 97.7 KiB");
}

// Every cut of the stream between two pieces gives the same rows.
TEST_F(CsvReaderTest, PiecesOfTheStreamMakeNoDifference) {
  for (int shift = 0; shift < 70; ++shift) {
    std::string text(static_cast<size_t>(shift), 'x');
    std::string expected = "A1=" + text + "y";
    text += "y\r\n";
    for (uint32_t i = 2; text.size() < 600'000; ++i) {
      text += fmt::format("{},\"q\"\"{}\",\xC3\xB6\r\n", i, i);
      expected += fmt::format(" A{0}={0}|B{0}=q\"{0}|C{0}=\xC3\xB6", i);
    }
    CsvOptions comma;
    comma.delimiter = ',';
    ASSERT_EQ(Read(text, comma), expected) << shift;
  }
}

}  // namespace
}  // namespace carrel::usage
