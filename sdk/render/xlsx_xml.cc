#include "sdk/render/xlsx_xml.h"

#include <fmt/format.h>

#include "sdk/render/xml_scanner.h"

namespace carrel::render {
namespace {

class StringWriter final : public pugi::xml_writer {
 public:
  void write(const void* data, size_t size) override {
    text.append(static_cast<const char*>(data), size);
  }
  std::string text;
};

// The tree's parser takes much that is not XML, and any depth and number of nodes.
Status CheckXml(std::string_view text) {
  XmlScanner scanner(text);
  for (size_t nodes = 0; nodes <= kMaxXmlNodes;) {
    CARREL_ASSIGN_OR_RETURN(const XmlToken token, scanner.Next());
    if (token == XmlToken::kFinished) return {};
    nodes += 1 + scanner.attribute_count();
  }
  return Fail(Code::kLimit, fmt::format("XML of more than {} nodes", kMaxXmlNodes));
}

}  // namespace

Status XmlParse(std::string_view text, pugi::xml_document& document) {
  CARREL_TRY(CheckXml(text));
  const auto result = document.load_buffer(
      text.data(), text.size(), pugi::parse_full | pugi::parse_ws_pcdata, pugi::encoding_utf8);
  if (result) return {};
  const Code code = result.status == pugi::status_out_of_memory ? Code::kLimit : Code::kInvalid;
  return Fail(
      code, fmt::format("not well-formed XML at byte {}: {}", result.offset, result.description()));
}

std::string XmlText(const pugi::xml_document& document) {
  StringWriter writer;
  const pugi::xml_node first = document.first_child();
  if (first.type() == pugi::node_declaration) {
    // It may say US-ASCII, and more than that may have been added.
    pugi::xml_attribute encoding = first.attribute("encoding");
    if (encoding) encoding.set_value("UTF-8");
  } else {
    writer.text = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
  }
  document.save(writer, "", pugi::format_raw | pugi::format_no_declaration, pugi::encoding_utf8);
  // Line ends were read as line feeds: what is left of these came from references, and is to be
  // read back.
  for (size_t at = 0; (at = writer.text.find('\r', at)) != std::string::npos;) {
    writer.text.replace(at, 1, "&#13;");
  }
  return std::move(writer.text);
}

std::string_view XmlLocalName(pugi::xml_node node) {
  const std::string_view name = node.name();
  const size_t colon = name.find(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

std::string XmlPrefix(pugi::xml_node node) {
  const std::string_view name = node.name();
  return std::string(name.substr(0, name.size() - XmlLocalName(node).size()));
}

pugi::xml_node XmlChild(pugi::xml_node parent, std::string_view local_name) {
  for (const pugi::xml_node child : parent.children()) {
    if (XmlLocalName(child) == local_name) return child;
  }
  return {};
}

void XmlSet(pugi::xml_node node, std::string_view name, std::string_view value) {
  const std::string key(name);
  pugi::xml_attribute attribute = node.attribute(key.c_str());
  if (!attribute) attribute = node.append_attribute(key.c_str());
  attribute.set_value(std::string(value).c_str());
}

}  // namespace carrel::render
