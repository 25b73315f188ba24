// The calls below /usage and /products/{id}/usage.
#include <fcntl.h>
#include <fmt/format.h>

#include <array>
#include <optional>
#include <utility>

#include "runtime/api/api.h"
#include "runtime/api/list_handler.h"
#include "runtime/api/responses.h"
#include "runtime/base/files.h"
#include "runtime/base/json.h"
#include "runtime/base/text.h"
#include "runtime/catalog/products.h"
#include "runtime/net/url.h"
#include "runtime/usage/reconciliation_sheet.h"
#include "runtime/usage/rules.h"
#include "runtime/usage/usage_lists.h"

namespace carrel::api {
namespace {

using usage::UsageFile;

// The value of "name=value" in the query, taken out of it: what remains is RQL.
std::optional<std::string> TakeParameter(std::string& query, std::string_view name) {
  std::optional<std::string> value;
  std::vector<std::string> rest;
  for (const std::string& part : Split(query, '&')) {
    if (part.starts_with(fmt::format("{}=", name))) {
      value = net::PercentDecode(part.substr(name.size() + 1));
    } else {
      rest.push_back(part);
    }
  }
  query = Join(rest, "&");
  return value;
}

std::string ReferenceIn(const Json& body, std::string_view name) {
  const auto found = body.find(name);
  return found != body.end() && found->is_object() ? JsonString(*found, "id") : std::string();
}

// A bare day is its first second or, as the end of the period, its last.
Result<Timestamp> TimeIn(const Json& period, std::string_view name) {
  const std::string text = JsonString(period, name);
  const std::string_view clock = name == "to" ? "T23:59:59Z" : "T00:00:00Z";
  auto time = ParseIso(text.size() == 10 ? fmt::format("{}{}", text, clock) : text);
  if (!time) return Fail(Code::kInvalid, fmt::format("period.{}: {}", name, time.error().message));
  return *time;
}

Json PeriodIn(const Json& body) {
  const auto found = body.find("period");
  return found == body.end() ? Json() : *found;
}

Result<Response> FileResponse(const Result<UsageFile>& file, int status = 200) {
  CARREL_TRY(file);
  return JsonResponse(ToJson(*file), status);
}

Result<Response> CreateFile(const Services& services, Call& call) {
  CARREL_ASSIGN_OR_RETURN(const Json body, BodyOf(call));
  usage::CreateFile request;
  request.name = JsonString(body, "name");
  request.description = JsonString(body, "description");
  request.external_id = JsonString(body, "external_id");
  request.note = JsonString(body, "note");
  request.product_id = ReferenceIn(body, "product");
  request.contract_id = ReferenceIn(body, "contract");
  request.marketplace_id = ReferenceIn(body, "marketplace");
  request.environment = JsonString(body, "environment", "production");
  request.currency = JsonString(body, "currency");
  const Json period = PeriodIn(body);
  CARREL_ASSIGN_OR_RETURN(request.period_from, TimeIn(period, "from"));
  CARREL_ASSIGN_OR_RETURN(request.period_to, TimeIn(period, "to"));
  return FileResponse(services.usage.Create(call.request.account, call.request.origin, request),
                      201);
}

Result<Response> GetFile(const Services& services, Call& call) {
  return FileResponse(services.usage.Get(call.request.account, call.id));
}

Result<Response> PutFile(const Services& services, Call& call) {
  CARREL_ASSIGN_OR_RETURN(const Json body, BodyOf(call));
  usage::EditFile edit;
  const auto text = [&](std::string_view name, std::optional<std::string>& out) {
    if (body.contains(name)) out = JsonString(body, name);
  };
  text("name", edit.name);
  text("description", edit.description);
  text("external_id", edit.external_id);
  text("note", edit.note);
  if (const Json period = PeriodIn(body); !period.is_null()) {
    CARREL_ASSIGN_OR_RETURN(edit.period_from, TimeIn(period, "from"));
    CARREL_ASSIGN_OR_RETURN(edit.period_to, TimeIn(period, "to"));
  }
  return FileResponse(
      services.usage.Edit(call.request.account, call.request.origin, call.id, edit));
}

Result<const Part*> PartNamed(const Call& call, std::string_view name) {
  for (const Part& part : call.request.parts) {
    if (part.name == name) return &part;
  }
  return Fail(Code::kInvalid, fmt::format("multipart body: there is no file '{}'", name));
}

Result<Response> UploadFile(const Services& services, Call& call) {
  CARREL_ASSIGN_OR_RETURN(const Part* part, PartNamed(call, "usage_file"));
  const auto file =
      services.usage.Upload(call.request.account, call.request.origin, call.id,
                            {.name = part->file_name, .fd = part->fd.get(), .progress = {}});
  if (file) services.process(file->id);
  return FileResponse(file, 202);
}

Result<Response> ReprocessFile(const Services& services, Call& call) {
  const auto file = services.usage.Reprocess(call.request.account, call.request.origin, call.id);
  if (file) services.process(file->id);
  return FileResponse(file, 202);
}

Result<Response> SubmitFile(const Services& services, Call& call) {
  return FileResponse(services.usage.Submit(call.request.account, call.request.origin, call.id));
}

Result<Response> AcceptFile(const Services& services, Call& call) {
  CARREL_ASSIGN_OR_RETURN(const Json body, BodyOf(call));
  return FileResponse(services.usage.Accept(call.request.account, call.request.origin, call.id,
                                            JsonString(body, "acceptance_note")));
}

Result<Response> RejectFile(const Services& services, Call& call) {
  CARREL_ASSIGN_OR_RETURN(const Json body, BodyOf(call));
  return FileResponse(services.usage.Reject(call.request.account, call.request.origin, call.id,
                                            JsonString(body, "rejection_note")));
}

Result<Response> CloseFile(const Services& services, Call& call) {
  CARREL_ASSIGN_OR_RETURN(const Json body, BodyOf(call));
  return FileResponse(services.closing.CloseAll(call.request.account, call.request.origin, call.id,
                                                JsonString(body, "external_billing_id"),
                                                JsonString(body, "external_billing_note")));
}

Result<Response> DeleteFile(const Services& services, Call& call) {
  CARREL_TRY(services.usage.Delete(call.request.account, call.request.origin, call.id));
  return EmptyResponse();
}

Result<Response> GetCategories(const Services& services, Call& call) {
  CARREL_ASSIGN_OR_RETURN(auto categories,
                          usage::Categories(services.database, call.request.account, call.id));
  const auto total = static_cast<int64_t>(categories.size());
  return ListResponse({std::move(categories), total, 0});
}

Result<Response> SendFile(Result<usage::Download> download) {
  if (!download) return std::unexpected(std::move(download.error()));
  std::string name = std::move(download->name);
  std::erase_if(name, [](char c) {
    return c == '"' || c == '\\' || c == '/' || static_cast<unsigned char>(c) < ' ';
  });
  Response out;
  out.headers = {{"content-type", std::string(download->media_type)},
                 {"content-disposition", fmt::format("attachment; filename=\"{}\"", name)}};
  out.file = std::move(download->fd);
  return out;
}

Result<Response> DownloadFile(const Services& services, Call& call) {
  const catalog::Account& account = call.request.account;
  const std::string name = TakeParameter(call.request.query, "kind").value_or("uploaded");
  if (name == "uploaded") return SendFile(services.usage.OpenUpload(account, call.id));
  const auto kind = usage::FileKindNamed(name);
  if (kind) return SendFile(services.files.Open(account, call.id, *kind));
  return Fail(Code::kInvalid,
              fmt::format("kind: found '{}', expected uploaded, processed, distributor or "
                          "reconciliation",
                          name));
}

Result<Response> DownloadChunk(const Services& services, Call& call) {
  return SendFile(services.files.OpenChunk(call.request.account, call.id));
}

Json ResultsJson(const usage::BillingReport& report) {
  Json results = Json::array();
  for (const usage::BillingResult& result : report.results) {
    Json row = {{"row", result.row}, {"record", result.record}};
    row["status"] = result.fault.empty() ? "closed" : "refused";
    if (!result.fault.empty()) row["error"] = result.fault;
    results.push_back(std::move(row));
  }
  return {{"closed", report.closed}, {"refused", report.refused}, {"results", std::move(results)}};
}

// What was sent, in a file of its own: readers of spreadsheets want a path.
Result<TempDir> SaveAs(const Part& part, std::string_view name) {
  CARREL_ASSIGN_OR_RETURN(TempDir directory,
                          TempDir::Create(std::filesystem::temp_directory_path(), "recon-"));
  const auto path = directory.path() / name;
  const UniqueFd to(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!to) return FailErrno(path.string());
  if (const Status copied = CopyAll(part.fd.get(), to.get()); !copied) {
    return Wrap(copied.error(), "storing the reconciliation");
  }
  return directory;
}

Result<Response> ReconcileFile(const Services& services, Call& call) {
  const auto partial = TakeParameter(call.request.query, "partial");
  CARREL_ASSIGN_OR_RETURN(const Part* part, PartNamed(call, "recon_file"));
  CARREL_ASSIGN_OR_RETURN(const TempDir directory, SaveAs(*part, "recon"));
  CARREL_ASSIGN_OR_RETURN(const auto rows, usage::ReadReconciliation(directory.path() / "recon"));
  CARREL_ASSIGN_OR_RETURN(
      const usage::BillingReport report,
      services.closing.Reconcile(call.request.account, call.request.origin, call.id, rows,
                                 partial == "true" ? usage::Partial::kYes : usage::Partial::kNo,
                                 part->file_name));
  Json results = ResultsJson(report);
  results["id"] = report.id;
  if (report.refused == 0) return JsonResponse(results);
  return JsonResponse(results, report.closed > 0 ? 206 : 400);
}

usage::BillingRow RowOf(const Json& entry, std::string record, size_t row) {
  return {row, std::move(record), JsonString(entry, "external_billing_id"),
          JsonString(entry, "external_billing_note")};
}

Result<Response> CloseRecord(const Services& services, Call& call) {
  CARREL_ASSIGN_OR_RETURN(const Json body, BodyOf(call));
  CARREL_TRY(usage::GetRecord(services.database, call.request.account, call.id));
  CARREL_ASSIGN_OR_RETURN(const auto report,
                          services.closing.CloseRecords(call.request.account, call.request.origin,
                                                        {RowOf(body, call.id, 1)}));
  if (report.refused > 0) return Fail(report.results[0].code, report.results[0].fault);
  return GetOne<usage::GetRecord>(services, call);
}

// [{"id", "external_billing_id", "external_billing_note"}]
Result<Response> CloseRecords(const Services& services, Call& call) {
  CARREL_ASSIGN_OR_RETURN(const Json body, ParseJson(call.request.body));
  if (!body.is_array()) return Fail(Code::kInvalid, "body: expected a list of records");
  std::vector<usage::BillingRow> rows;
  for (const Json& entry : body) {
    rows.push_back(RowOf(entry, JsonString(entry, "id"), rows.size() + 1));
  }
  CARREL_ASSIGN_OR_RETURN(const auto report, services.closing.CloseRecords(
                                                 call.request.account, call.request.origin, rows));
  return JsonResponse(ResultsJson(report), report.refused > 0 ? 206 : 200);
}

// A vendor sees its own products, all others see all.
Result<catalog::Product> VisibleProduct(store::Transaction& transaction, const Call& call) {
  CARREL_ASSIGN_OR_RETURN(catalog::Product product, catalog::LoadProduct(transaction, call.id));
  const catalog::Account& account = call.request.account;
  if (account.role == catalog::Role::kVendor && product.vendor.id != account.id) {
    return Fail(Code::kNotFound, fmt::format("product {} does not exist", call.id));
  }
  return product;
}

Result<Response> GetRules(const Services& services, Call& call) {
  return services.database.Read([&](store::Transaction& transaction) -> Result<Response> {
    CARREL_ASSIGN_OR_RETURN(const catalog::Product product, VisibleProduct(transaction, call));
    CARREL_ASSIGN_OR_RETURN(const auto rules, usage::LoadRules(transaction, product.key));
    return JsonResponse(ToJson(rules));
  });
}

Result<Response> PutRules(const Services& services, Call& call) {
  CARREL_ASSIGN_OR_RETURN(const Json body, ParseJson(call.request.body));
  return services.database.Write([&](store::Transaction& transaction) -> Result<Response> {
    CARREL_ASSIGN_OR_RETURN(const catalog::Product product, VisibleProduct(transaction, call));
    const catalog::Role role = call.request.account.role;
    if (role != catalog::Role::kDistributor && role != catalog::Role::kAdmin) {
      return Fail(Code::kDenied,
                  fmt::format("rules are not written by the role {}", catalog::Name(role)));
    }
    CARREL_ASSIGN_OR_RETURN(const auto rules, usage::RulesFromJson(body));
    CARREL_TRY(usage::StoreRules(transaction, product.key, rules));
    return JsonResponse(ToJson(rules));
  });
}

Result<Response> GetTemplate(const Services& services, Call& call) {
  const std::string name = TakeParameter(call.request.query, "format").value_or("xlsx");
  const auto format = usage::TemplateFormatNamed(name);
  if (!format) {
    return Fail(Code::kInvalid, fmt::format("format: found '{}', expected xlsx or csv", name));
  }
  return SendFile(services.files.OpenTemplate(call.request.account, call.id, *format));
}

constexpr std::array kRoutes = {
    Route{"GET", "/usage/files", GetList<usage::ListFiles>},
    Route{"POST", "/usage/files", CreateFile},
    Route{"GET", "/usage/files/{id}", GetFile},
    Route{"PUT", "/usage/files/{id}", PutFile},
    Route{"POST", "/usage/files/{id}/upload", UploadFile},
    Route{"POST", "/usage/files/{id}/submit", SubmitFile},
    Route{"POST", "/usage/files/{id}/accept", AcceptFile},
    Route{"PUT", "/usage/files/{id}/approve-all", AcceptFile},
    Route{"POST", "/usage/files/{id}/reject", RejectFile},
    Route{"POST", "/usage/files/{id}/close", CloseFile},
    Route{"POST", "/usage/files/{id}/delete", DeleteFile},
    Route{"POST", "/usage/files/{id}/reprocess", ReprocessFile},
    Route{"POST", "/usage/files/{id}/reconciliation", ReconcileFile},
    Route{"GET", "/usage/files/{id}/categories", GetCategories},
    Route{"GET", "/usage/files/{id}/download", DownloadFile},
    Route{"GET", "/usage/records", GetList<usage::ListRecords>},
    Route{"POST", "/usage/records/close-records", CloseRecords},
    Route{"GET", "/usage/records/{id}", GetOne<usage::GetRecord>},
    Route{"POST", "/usage/records/{id}/close", CloseRecord},
    Route{"GET", "/usage/products/{id}/template", GetTemplate},
    Route{"GET", "/usage/chunks/{id}/download", DownloadChunk},
    Route{"GET", "/usage/aggregates", GetList<usage::ListAggregates>},
    Route{"GET", "/products/{id}/usage/rules", GetRules},
    Route{"PUT", "/products/{id}/usage/rules", PutRules},
};

}  // namespace

std::span<const Route> UsageRoutes() { return kRoutes; }

}  // namespace carrel::api
