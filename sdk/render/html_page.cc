#include "sdk/render/html_page.h"

#include <fmt/format.h>

#include "runtime/base/clock.h"
#include "runtime/base/sha256.h"
#include "sdk/render/html_assets.h"
#include "sdk/render/html_attachment.h"
#include "sdk/render/html_text.h"
#include "sdk/render/xlsx_info.h"

namespace carrel::render {
namespace {

// As a content security policy names a text: sha256 of its bytes in base64.
std::string Hash(std::string_view text) {
  std::string bytes;
  const std::string hex = Sha256Hex(text);
  for (size_t i = 0; i < hex.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  }
  return "'sha256-" + Base64(bytes) + "'";
}

std::string ShownTime(std::string_view iso) {
  const auto time = ParseIso(iso);
  return time ? FormatPlain(*time) + " UTC" : std::string(iso);
}

void AppendFact(std::string& out, std::string_view label, std::string_view text) {
  if (text.empty()) return;
  out += fmt::format("<dt>{}</dt><dd>", label);
  AppendHtmlText(out, text);
  out += "</dd>\n";
}

std::string Grouped(uint64_t value) {
  std::string text = std::to_string(value);
  for (size_t at = text.size(); at > 3;) text.insert(at -= 3, ",");
  return text;
}

}  // namespace

void AppendPageHead(std::string& out, const RunInfo& info, std::string_view title) {
  out += "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n";
  out += fmt::format(
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src {}; "
      "style-src {}; base-uri 'none'; form-action 'none'\">\n",
      Hash(kPageScript), Hash(kPageStyle));
  out +=
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"referrer\" content=\"no-referrer\">\n<title>";
  AppendHtmlText(out, title);
  out += "</title>\n<style>";
  out += kPageStyle;
  out += "</style>\n</head>\n<body>\n<main class=\"page\">\n<header><h1>";
  AppendHtmlText(out, title);
  out += "</h1><p class=\"sub\">";
  AppendHtmlText(out, info.account_name);
  if (!info.account_name.empty() && !info.start_time.empty()) out += " · ";
  AppendHtmlText(out, ShownTime(info.start_time));
  out += "</p></header>\n";
}

void AppendTableHead(std::string& out, std::span<const std::string> columns,
                     std::string_view title) {
  out +=
      "<section class=\"data card\" aria-label=\"Rows\">\n"
      "<div class=\"tools\" id=\"tools\" hidden>"
      "<input type=\"search\" id=\"search\" placeholder=\"Search all columns\" "
      "aria-label=\"Search all columns\"><output id=\"count\"></output>"
      "<button type=\"button\" class=\"save\" id=\"save\" data-name=\"";
  AppendHtmlText(out, title);
  out +=
      "\">Save as CSV</button></div>\n"
      "<div class=\"scroll\" tabindex=\"0\"><table id=\"rows\">\n<thead><tr>";
  for (const std::string& column : columns) {
    out += "<th scope=\"col\"><span class=\"name\">";
    AppendHtmlText(out, column);
    out += "</span></th>";
  }
  out += "</tr></thead>\n<tbody>\n";
}

void AppendRowNote(std::string& out, const PageCounts& counts) {
  out += "<p class=\"note-rows\">";
  if (counts.shown == counts.rows) {
    out += fmt::format("{} row{}.", Grouped(counts.rows), counts.rows == 1 ? "" : "s");
  } else {
    out += fmt::format(
        "The first {} of {} rows are shown; {} more are in this file. Totals are of all rows. "
        "“Save as CSV” gives every row.",
        Grouped(counts.shown), Grouped(counts.rows), Grouped(counts.rows - counts.shown));
  }
  out += "<noscript> To sort, filter and save the rows, scripts must be allowed.</noscript></p>\n";
}

void AppendPageTail(std::string& out, const RunInfo& info, std::string_view finish_time) {
  out += "<details class=\"about\"><summary>About this report</summary>\n<dl>\n";
  AppendFact(out, "Started", ShownTime(info.start_time));
  AppendFact(out, "Finished", ShownTime(finish_time));
  AppendFact(out, "Account", info.account_name);
  AppendFact(out, "Account ID", info.account_id);
  AppendFact(out, "Report", info.report_name);
  AppendFact(out, "Report ID", info.report_id);
  AppendFact(out, "Runtime environment", info.environment);
  out += "<dt>Parameters</dt><dd><pre>";
  AppendHtmlText(out, IndentedJson(info.parameters));
  out += "</pre></dd>\n</dl></details>\n</main>\n<script>";
  out += kPageScript;
  out += "</script>\n</body>\n</html>\n";
}

}  // namespace carrel::render
