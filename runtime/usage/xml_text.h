// Turns the text of a workbook's XML into the text that its author wrote.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "runtime/usage/text_arena.h"

namespace carrel::usage {

// References and line ends resolved, as XML asks. Nothing when `raw` is not well-formed text.
// `raw` itself when there is nothing to resolve.
std::optional<std::string_view> UnescapeXml(std::string_view raw, TextArena& arena);

// The same for text whose bytes nobody has looked at: nothing too when it is not UTF-8 or has
// characters that XML forbids.
std::optional<std::string_view> CheckAndUnescapeXml(std::string_view raw, TextArena& arena);

// "_x000D_": how workbooks write what XML cannot hold. Codes for characters that XML forbids stay
// as they are.
std::string_view UnescapeWorkbookText(std::string_view text, TextArena& arena);
// The same of what `text` has from `begin` on, in its place.
void UnescapeWorkbookTail(std::string& text, size_t begin, TextArena& arena);

}  // namespace carrel::usage
