#include "sdk/render/xlsx_xml.h"

#include <fmt/format.h>

namespace carrel::render {
namespace {

class StringWriter final : public pugi::xml_writer {
 public:
  void write(const void* data, size_t size) override {
    text.append(static_cast<const char*>(data), size);
  }
  std::string text;
};

}  // namespace

Status XmlParse(std::string_view text, pugi::xml_document& document) {
  const auto result =
      document.load_buffer(text.data(), text.size(), pugi::parse_full | pugi::parse_ws_pcdata);
  if (!result) {
    return Fail(Code::kInvalid, fmt::format("not well-formed XML at byte {}: {}", result.offset,
                                            result.description()));
  }
  for (const pugi::xml_node node : document.children()) {
    if (node.type() == pugi::node_doctype) {
      return Fail(Code::kInvalid, "XML with a document type declaration is not read");
    }
  }
  return {};
}

std::string XmlText(const pugi::xml_document& document) {
  StringWriter writer;
  const pugi::xml_node first = document.first_child();
  if (first.type() == pugi::node_declaration) {
    // The tree was read from any encoding; it is written as UTF-8.
    pugi::xml_attribute encoding = first.attribute("encoding");
    if (encoding) encoding.set_value("UTF-8");
  } else {
    writer.text = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
  }
  document.save(writer, "", pugi::format_raw | pugi::format_no_declaration, pugi::encoding_utf8);
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
