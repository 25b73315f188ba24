#include "runtime/usage/shared_strings.h"

#include <fmt/format.h>

#include <array>
#include <cstring>
#include <limits>
#include <string>

#include "runtime/base/text.h"
#include "runtime/usage/byte_scan.h"
#include "runtime/usage/xml_section.h"
#include "runtime/usage/xml_text.h"

namespace carrel::usage {
namespace {

using render::XmlScanner;
using render::XmlToken;

constexpr std::array<std::string_view, 1> kPath = {"sst"};
constexpr std::string_view kBegin = "<si><t>";
constexpr std::string_view kBeginSpaced = "<si><t xml:space=\"preserve\">";
constexpr std::string_view kEnd = "</t></si>";
constexpr size_t kMargin = 64;  // a mismatch nearer to the end may only be a cut-off

[[gnu::always_inline]] inline bool StartsWith(const char* at, std::string_view text) {
  return std::memcmp(at, text.data(), text.size()) == 0;
}

std::string_view Bytes(const uint32_t& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

}  // namespace

SharedStrings::SharedStrings(const ReaderLimits& limits,
                             const std::filesystem::path& temp_directory)
    : limits_(limits),
      texts_(limits.max_string_memory, temp_directory),
      ends_(limits.max_string_memory / 4, temp_directory) {}

Status SharedStrings::Add(std::string_view text) {
  if (count_ == limits_.max_strings) {
    return Fail(Code::kLimit, fmt::format("more than {} shared strings", limits_.max_strings));
  }
  if (text.size() > limits_.max_cell_bytes) {
    return Fail(Code::kLimit, fmt::format("shared string {} has more than {}", count_,
                                          HumanBytes(limits_.max_cell_bytes)));
  }
  CARREL_TRY(texts_.Append(text));
  if (texts_.size() > std::numeric_limits<uint32_t>::max()) {
    return Fail(Code::kLimit, "more than 4.0 GiB of shared strings");
  }
  ++count_;
  return ends_.Append(Bytes(static_cast<uint32_t>(texts_.size())));
}

Status SharedStrings::Finish() {
  CARREL_ASSIGN_OR_RETURN(text_, texts_.Finish());
  CARREL_ASSIGN_OR_RETURN(const char* ends, ends_.Finish());
  offsets_ = reinterpret_cast<const uint32_t*>(ends);
  return {};
}

// Reads one part.
class SharedStrings::Loader {
 public:
  Loader(SharedStrings& strings, ByteSource source, Threads threads)
      : strings_(strings), window_(std::move(source), threads, Checked::kNo) {}

  Status Run(XmlPath path) {
    CARREL_ASSIGN_OR_RETURN(const XmlSection section, FindXmlSection(window_, kPath));
    if (!section.found) return Fail(Code::kInvalid, "no sst element");
    const char* at = window_.begin() + section.offset;
    if (!section.empty && path == XmlPath::kFast && !section.prefixed) CARREL_TRY(RunFast(at));
    if (section.empty) return DrainWindow();
    return RunGeneral(section.opener, at);
  }

 private:
  enum class Step { kTaken, kMore, kUnusual };

  // As far as it goes; `at` is left at the first byte that is not understood.
  Status RunFast(const char*& at) {
    for (;;) {
      CARREL_ASSIGN_OR_RETURN(const Step step, TakeString(at));
      if (step == Step::kTaken) continue;
      const bool too_long = static_cast<size_t>(window_.end() - at) > 2 * limits().max_cell_bytes;
      if (step == Step::kUnusual || too_long) return {};
      CARREL_ASSIGN_OR_RETURN(const bool more, window_.More(at));
      at = window_.begin();
      if (!more) return {};
    }
  }

  Result<Step> TakeString(const char*& at) {
    const char* text = at;
    if (StartsWith(at, kBegin)) {
      text += kBegin.size();
    } else if (StartsWith(at, kBeginSpaced)) {
      text += kBeginSpaced.size();
    } else {
      return Mismatch(at);
    }
    const auto [end, special] = FindTextEnd(text);
    if (!StartsWith(end, kEnd)) return Mismatch(end);
    std::string_view content(text, static_cast<size_t>(end - text));
    if (special) {
      const auto plain = CheckAndUnescapeXml(content, arena_);
      if (!plain) return Step::kUnusual;
      CARREL_TRY(strings_.Add(UnescapeWorkbookText(*plain, arena_)));
      arena_.Clear();
    } else {
      CARREL_TRY(strings_.Add(content));
    }
    at = end + kEnd.size();
    return Step::kTaken;
  }

  Step Mismatch(const char* at) const {
    return at + kMargin < window_.end() ? Step::kUnusual : Step::kMore;
  }

  Status RunGeneral(const std::string& opener, const char* at) {
    XmlScanner scanner(ContinueXml(opener, window_, at));
    std::string text;
    size_t run = 0;    // depth of the <r> that is open
    size_t begin = 0;  // of its text
    bool in_text = false;
    for (;;) {
      CARREL_ASSIGN_OR_RETURN(const XmlToken token, scanner.Next());
      if (token == XmlToken::kFinished) return {};
      if (token == XmlToken::kText || token == XmlToken::kOther) {
        if (!in_text) continue;
        if (!AppendXmlToken(token, scanner.raw(), text)) return Fail(Code::kInvalid, "bad text");
        if (text.size() > limits().max_cell_bytes) CARREL_TRY(strings_.Add(text));
        continue;
      }
      const std::string_view name = scanner.local_name();
      const size_t depth = scanner.depth() + (token == XmlToken::kStart ? 0 : 1);
      if (token == XmlToken::kEnd) {
        if (depth == 2 && name == "si") CARREL_TRY(AddText(text));
        if (depth == 3 && name == "r") run = 0;
        if (in_text) UnescapeWorkbookTail(text, begin, arena_);
        in_text = false;
        continue;
      }
      if (depth == 2 && name == "si" && token == XmlToken::kEmpty) CARREL_TRY(AddText(text));
      if (token == XmlToken::kEmpty) continue;
      if (depth == 3 && name == "r") run = depth;
      in_text = name == "t" && (depth == 3 || (depth == 4 && run == 3));
      begin = text.size();
    }
  }

  Status AddText(std::string& text) {
    const Status added = strings_.Add(text);
    arena_.Clear();
    text.clear();
    return added;
  }

  // So that a damaged end is not overlooked.
  Status DrainWindow() {
    for (bool more = true; more;) {
      CARREL_ASSIGN_OR_RETURN(more, window_.More(window_.end()));
    }
    return {};
  }

  const ReaderLimits& limits() const { return strings_.limits_; }

  SharedStrings& strings_;
  ByteWindow window_;
  TextArena arena_;
};

Result<std::unique_ptr<SharedStrings>> SharedStrings::Load(
    ByteSource source, Threads threads, XmlPath path, const ReaderLimits& limits,
    const std::filesystem::path& temp_directory) {
  std::unique_ptr<SharedStrings> strings(new SharedStrings(limits, temp_directory));
  CARREL_TRY(strings->ends_.Append(Bytes(0)));
  CARREL_TRY(Loader(*strings, std::move(source), threads).Run(path));
  CARREL_TRY(strings->Finish());
  return strings;
}

}  // namespace carrel::usage
