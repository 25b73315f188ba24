// Text of unknown origin inside an html page.
#pragma once

#include <string>
#include <string_view>

namespace carrel::render {

// As the content of an element or a quoted attribute value: & < > " ' and a carriage return as
// references, U+0000 and bytes that are not UTF-8 as U+FFFD.
void AppendHtmlText(std::string& out, std::string_view text);

}  // namespace carrel::render
