#include "sdk/render/json_renderer.h"

#include "runtime/base/buffered_file.h"

namespace carrel::render {
namespace {

enum class Layout : uint8_t { kArray, kLines };

class JsonRenderer final : public Renderer {
 public:
  JsonRenderer(int fd, Layout layout) : file_(fd), layout_(layout) {}

  Shape shape() const override { return Shape::kValues; }

  Status WriteValue(std::string_view json) override {
    if (document_) return Fail(Code::kInternal, "json: a row after a whole document");
    if (layout_ == Layout::kArray) file_.buffer().push_back(rows_ == 0 ? '[' : ',');
    ++rows_;
    CARREL_TRY(file_.Append(json));
    if (layout_ == Layout::kLines) file_.buffer().push_back('\n');
    return {};
  }

  Status WriteDocument(std::string_view json) override {
    if (rows_ != 0 || document_) return Fail(Code::kInternal, "json: a document after a row");
    document_ = true;
    rows_ = 1;
    CARREL_TRY(file_.Append(json));
    if (layout_ == Layout::kLines) file_.buffer().push_back('\n');
    return {};
  }

  Status Finish(std::string_view) override {
    if (layout_ == Layout::kArray && !document_) CARREL_TRY(file_.Append(rows_ == 0 ? "[]" : "]"));
    return file_.Flush();
  }

 private:
  BufferedFile file_;
  const Layout layout_;
  bool document_ = false;
};

}  // namespace

Result<std::unique_ptr<Renderer>> MakeJsonRenderer(const RendererOptions& options) {
  return std::make_unique<JsonRenderer>(options.output_fd, Layout::kArray);
}

Result<std::unique_ptr<Renderer>> MakeNdjsonRenderer(const RendererOptions& options) {
  return std::make_unique<JsonRenderer>(options.output_fd, Layout::kLines);
}

}  // namespace carrel::render
