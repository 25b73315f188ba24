// A manifest that uses every key of the format and has no fault, for tests to break.
#pragma once

#include <string_view>

namespace carrel::manifest {

inline constexpr std::string_view kValidManifest = R"({
  "name": "Everything",
  "readme_file": "README.md",
  "version": "1.0.0",
  "language": "python",
  "requirements": "requirements.txt",
  "reports": [
    {
      "name": "Old style",
      "readme_file": "reports/old/README.md",
      "entrypoint": "reports.old.entrypoint.generate",
      "audience": ["vendor", "provider"],
      "report_spec": "1",
      "template": "reports/old/template.xlsx",
      "start_row": 2,
      "start_col": 1
    },
    {
      "name": "New style",
      "readme_file": "reports/fresh/README.md",
      "entrypoint": "reports.fresh.entrypoint.generate",
      "audience": ["reseller"],
      "report_spec": "2",
      "language": "lua",
      "limits": {"wall_s": 30.5, "cpu_s": 20, "memory_mb": 256, "output_mb": 10, "tmp_mb": 5},
      "permissions": {"connections": ["main", "billing"]},
      "parameters": [
        {
          "id": "kind",
          "type": "checkbox",
          "name": "Kind",
          "description": "Which kinds",
          "required": true,
          "choices": [{"value": "a", "label": "A"}, {"value": "b", "label": "B"}]
        },
        {"id": "when", "type": "date_range", "name": "When", "description": "The period"}
      ],
      "renderers": [
        {
          "id": "xlsx",
          "type": "xlsx",
          "description": "Excel",
          "default": true,
          "template": "reports/fresh/template.xlsx",
          "args": {
            "start_row": 2,
            "start_col": 1,
            "overflow": "fail",
            "compression": "small",
            "charts": [{"type": "bar", "x": "Month", "y": "Amount", "anchor": "H2"}]
          }
        },
        {
          "id": "csv",
          "type": "csv",
          "description": "CSV",
          "args": {"delimiter": ",", "quoting": "minimal"}
        },
        {"id": "json", "type": "json", "description": "JSON"},
        {"id": "lines", "type": "ndjson", "description": "JSON lines"},
        {"id": "more_lines", "type": "ndjson", "description": "The same once more"},
        {
          "id": "xml",
          "type": "jinja2",
          "description": "XML",
          "template": "reports/fresh/template.xml.j2",
          "args": {"autoescape": true}
        },
        {
          "id": "pdf",
          "type": "pdf",
          "description": "PDF",
          "template": "reports/fresh/template.html.j2",
          "args": {"css_file": "reports/fresh/style.css"}
        },
        {
          "id": "html",
          "type": "html",
          "description": "A page",
          "args": {
            "title": "Usage",
            "totals": ["Amount"],
            "max_rows": 500,
            "charts": [{"type": "pie", "title": "All", "x": "Month", "y": "Amount"}]
          }
        }
      ]
    }
  ]
}
)";

}  // namespace carrel::manifest
