// Text of unknown origin on its way into XML, which cannot hold every character.
#pragma once

#include <string>
#include <string_view>

namespace carrel {

// What XML 1.0 cannot hold, as people read it: control characters but tab and line ends become
// \xNN, U+FFFE and U+FFFF \ufffe and \uffff, bytes that are not UTF-8 U+FFFD. All else stays.
std::string EscapeForXml(std::string_view text);

}  // namespace carrel
