#include "sdk/render/json_renderer.h"

#include "sdk/render/output_file.h"

namespace carrel::render {
namespace {

enum class Layout : uint8_t { kArray, kLines };

class JsonRenderer final : public Renderer {
 public:
  JsonRenderer(const RendererOptions& options, Layout layout)
      : file_(options.output_fd, options.threading), layout_(layout) {}

  Shape shape() const override { return Shape::kValues; }

  Status WriteValue(std::string_view json) override {
    if (document_) return Fail(Code::kInternal, "json: a row after a whole document");
    if (layout_ == Layout::kArray) CARREL_TRY(file_.Write(rows_ == 0 ? "[" : ","));
    ++rows_;
    CARREL_TRY(file_.Write(json));
    return layout_ == Layout::kLines ? file_.Write("\n") : Status();
  }

  Status WriteDocument(std::string_view json) override {
    if (rows_ != 0 || document_) return Fail(Code::kInternal, "json: a document after a row");
    document_ = true;
    rows_ = 1;
    CARREL_TRY(file_.Write(json));
    return layout_ == Layout::kLines ? file_.Write("\n") : Status();
  }

  Status Finish(std::string_view) override {
    if (layout_ == Layout::kArray && !document_) CARREL_TRY(file_.Write(rows_ == 0 ? "[]" : "]"));
    return file_.Finish();
  }
  std::string_view sha256() const override { return file_.sha256(); }

 private:
  OutputFile file_;
  const Layout layout_;
  bool document_ = false;
};

}  // namespace

Result<std::unique_ptr<Renderer>> MakeJsonRenderer(const RendererOptions& options) {
  return std::make_unique<JsonRenderer>(options, Layout::kArray);
}

Result<std::unique_ptr<Renderer>> MakeNdjsonRenderer(const RendererOptions& options) {
  return std::make_unique<JsonRenderer>(options, Layout::kLines);
}

}  // namespace carrel::render
