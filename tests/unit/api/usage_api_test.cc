// The calls below /usage, as a client makes them, and the same through the broker of a report.
#include <algorithm>
#include <optional>

#include "runtime/api/api.h"
#include "runtime/api/local_connection.h"
#include "runtime/report/broker.h"
#include "tests/unit/usage/usage_fixture.h"

namespace carrel::api {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;
using usage::FileState;
using usage::UsageFile;

class UsageApiTest : public usage::UsageTest {
 protected:
  void SetUp() override {
    UsageTest::SetUp();
    api_.emplace(
        Services{.database = *database_,
                 .usage = *service_,
                 .closing = *closing_,
                 .process = [this](const std::string& id) { EXPECT_TRUE(service_->Process(id)); },
                 .log = [this](const std::string& id,
                               const Error& error) { log_.push_back(id + " " + error.message); }});
  }

  Response Do(std::string method, std::string path, const catalog::Account& account,
              const Json& body = {}) {
    Request request;
    request.method = std::move(method);
    const size_t mark = path.find('?');
    request.path = path.substr(0, mark);
    if (mark != std::string::npos) request.query = path.substr(mark + 1);
    if (!body.is_null()) request.body = body.dump();
    request.account = account;
    request.origin = "test";
    return api_->Answer(std::move(request));
  }

  Response Send(const std::string& path, const std::string& field, std::string_view text,
                const catalog::Account& account) {
    Request request;
    request.method = "POST";
    const size_t mark = path.find('?');
    request.path = path.substr(0, mark);
    if (mark != std::string::npos) request.query = path.substr(mark + 1);
    request.parts.push_back({field, "sheet.csv", UniqueFd(OpenText(text))});
    request.account = account;
    return api_->Answer(std::move(request));
  }

  static Json Body(const Response& response) { return ParseJson(response.body).value_or(Json()); }
  static std::string Header(const Response& response, std::string_view name) {
    for (const auto& [known, value] : response.headers) {
      if (known == name) return value;
    }
    return "";
  }
  static std::string ErrorCode(const Response& response) {
    return JsonString(Body(response), "error_code");
  }

  std::optional<Api> api_;
  std::vector<std::string> log_;
};

TEST_F(UsageApiTest, AFileGoesItsWholeWay) {
  const Response created = Do("POST", "/usage/files", vendor_,
                              {{"name", "November"},
                               {"product", {{"id", "PRD-100-200-300"}}},
                               {"contract", {{"id", "CRD-10000-20000-30000"}}},
                               {"period", {{"from", "2026-11-01"}, {"to", "2026-11-30"}}}});
  ASSERT_EQ(created.status, 201) << created.body;
  const std::string id = Body(created)["id"];
  const std::string path = "/usage/files/" + id;
  source_.rows = GoodRows();
  EXPECT_EQ(Send(path + "/upload", "usage_file", "rows", vendor_).status, 202);
  EXPECT_EQ(Body(Do("GET", path, vendor_))["status"], "ready");
  EXPECT_EQ(Body(Do("PUT", path, vendor_, {{"note", "all of it"}}))["note"], "all of it");
  EXPECT_EQ(Body(Do("POST", path + "/submit", vendor_))["status"], "pending");
  EXPECT_EQ(Body(Do("POST", path + "/accept", distributor_,
                    {{"acceptance_note", "as agreed"}}))["status"],
            "accepted");
  const std::string record = Body(Do("GET", "/usage/records?limit=1", distributor_))[0]["id"];
  const Response closed = Do("POST", "/usage/records/" + record + "/close", distributor_,
                             {{"external_billing_id", "INV-1"}});
  EXPECT_EQ(closed.status, 200) << closed.body;
  EXPECT_EQ(Body(closed)["external_billing_id"], "INV-1");
  const Response rest =
      Send(path + "/reconciliation", "recon_file",
           "record_id,external_billing_id\n" +
               Body(Do("GET", "/usage/records?status=approved", distributor_))[0]["record_id"]
                   .get<std::string>() +
               ",INV-2\n",
           distributor_);
  EXPECT_EQ(rest.status, 200) << rest.body;
  EXPECT_EQ(Body(Do("GET", path, vendor_))["status"], "closed");
  EXPECT_EQ(Body(Do("GET", "/usage/aggregates", vendor_)).size(), 2U);
  EXPECT_EQ(Body(Do("GET", "/usage/chunks?status=closed", distributor_)).size(), 2U);
  EXPECT_EQ(Body(Do("GET", path + "/categories", vendor_))[0]["id"], "c1");
  const Response download = Do("GET", path + "/download?kind=uploaded", vendor_);
  EXPECT_EQ(download.status, 200);
  EXPECT_TRUE(download.file);
  EXPECT_THAT(Header(download, "content-disposition"), HasSubstr("filename=\"sheet.csv\""));
}

TEST_F(UsageApiTest, ListsTellTheirRange) {
  InState(FileState::kReady);
  InState(FileState::kReady);
  InState(FileState::kDraft);
  const Response all = Do("GET", "/usage/files?status=ready", vendor_);
  EXPECT_EQ(Header(all, "content-range"), "items 0-1/2");
  EXPECT_EQ(Body(all).size(), 2U);
  EXPECT_EQ(Header(Do("GET", "/usage/files?limit=1&offset=1", vendor_), "content-range"),
            "items 1-1/3");
  EXPECT_EQ(Header(Do("GET", "/usage/files?limit=0", vendor_), "content-range"), "items 0-0/3");
  EXPECT_EQ(Header(Do("GET", "/usage/files", other_vendor_), "content-range"), "items 0-0/0");
  EXPECT_EQ(Body(Do("GET", "/usage/files?offset=9", vendor_)), Json::array());
  // As clients write it on the wire.
  const Response quoted =
      Do("GET", "/usage/files?in(status,(ready,draft))&eq(name,%22November%22)&ordering(-id)",
         vendor_);
  EXPECT_EQ(Body(quoted).size(), 3U);
  const Json hidden = Body(Do("GET", "/usage/files?select(-events,-period)&limit=1", vendor_))[0];
  EXPECT_FALSE(hidden.contains("events"));
}

TEST_F(UsageApiTest, ErrorsHaveCodesAndEveryFault) {
  const UsageFile file = InState(FileState::kDraft);
  const std::string path = "/usage/files/" + file.id;
  const Response query = Do("GET", "/usage/files?eq(stauts,ready)&gt(name,x)", vendor_);
  EXPECT_EQ(query.status, 400);
  EXPECT_EQ(Body(query)["error_code"], "VAL_001");
  ASSERT_THAT(Body(query)["errors"], SizeIs(2));
  EXPECT_THAT(Body(query)["errors"][0].get<std::string>(), HasSubstr("did you mean 'status'?"));
  const Response state = Do("POST", path + "/submit", vendor_);
  EXPECT_EQ(state.status, 409);
  EXPECT_EQ(Body(state), (Json{{"error_code", "STATE_001"},
                               {"errors",
                                {"'submit' is not possible for a draft usage file; possible now: "
                                 "edit, upload, delete"}}}));
  EXPECT_EQ(Do("GET", path, other_vendor_).status, 404);
  EXPECT_EQ(ErrorCode(Do("GET", path, other_vendor_)), "GEN_404");
  EXPECT_EQ(Do("GET", "/usage/nothing", vendor_).status, 404);
  EXPECT_EQ(Do("DELETE", "/usage/files", vendor_).status, 405);
  EXPECT_EQ(Do("POST", path + "/upload", vendor_).status, 400);
  EXPECT_EQ(Send(path + "/upload", "usage_file", std::string(1001, 'x'), vendor_).status, 413);
  EXPECT_EQ(Do("GET", path + "/download", vendor_).status, 404);
  EXPECT_EQ(Do("GET", path + "/download?kind=magic", vendor_).status, 400);
  Request broken;
  broken.method = "POST";
  broken.path = "/usage/files";
  broken.body = "{";
  broken.account = vendor_;
  EXPECT_EQ(api_->Answer(std::move(broken)).status, 400);
  const UsageFile pending = InState(FileState::kPending);
  const Response denied =
      Do("POST", "/usage/files/" + pending.id + "/accept", vendor_, {{"acceptance_note", "x"}});
  EXPECT_EQ(denied.status, 403);
  EXPECT_EQ(ErrorCode(denied), "AUTH_001");
  EXPECT_TRUE(log_.empty());
}

TEST_F(UsageApiTest, WhatIsOurFaultIsLoggedAndNotTold) {
  const UsageFile file = InState(FileState::kReady);
  ASSERT_TRUE(std::filesystem::remove(directory_->path() / "usage" / file.id / file.upload.stored));
  ASSERT_TRUE(database_->Write([&](store::Transaction& transaction) {
    return store::Execute(transaction, "UPDATE usage_files SET events = 'broken{' WHERE id = ?",
                          file.id);
  }));
  ASSERT_TRUE(database_->Write([&](store::Transaction& transaction) {
    return store::Execute(transaction, "DROP TABLE usage_chunks");
  }));
  const Response response = Do("GET", "/usage/chunks", vendor_);
  EXPECT_EQ(response.status, 500);
  EXPECT_EQ(ErrorCode(response), "SYS_001");
  EXPECT_THAT(response.body, testing::Not(HasSubstr("usage_chunks")));
  ASSERT_THAT(log_, SizeIs(1));
  EXPECT_THAT(log_[0], HasSubstr("usage_chunks"));
  const std::string told = Body(response)["errors"][0];
  EXPECT_EQ("internal error " + log_[0].substr(0, log_[0].find(' ')), told);
}

TEST_F(UsageApiTest, ManyRecordsAreClosedEachForItself) {
  const UsageFile file = InState(FileState::kAccepted);
  const Response some =
      Do("POST", "/usage/records/close-records", distributor_,
         Json::array({{{"id", usage::RecordId(file.id, 1)}, {"external_billing_id", "INV-1"}},
                      {{"id", "UR-0"}, {"external_billing_id", "INV-2"}}}));
  EXPECT_EQ(some.status, 206);
  EXPECT_EQ(Body(some)["closed"], 1);
  EXPECT_EQ(Body(some)["results"][0]["status"], "closed");
  EXPECT_EQ(Body(some)["results"][1]["status"], "refused");
  const std::string last = usage::RecordId(file.id, 2);
  EXPECT_EQ(
      Do("POST", "/usage/records/" + last + "/close", vendor_, {{"external_billing_id", "INV-1"}})
          .status,
      403);
  EXPECT_EQ(Do("POST", "/usage/records/" + last + "/close", distributor_, Json::object()).status,
            400);
  EXPECT_EQ(Do("POST", "/usage/records/UR-0/close", distributor_, Json::object()).status, 404);
}

TEST_F(UsageApiTest, AReconciliationReportsEveryFault) {
  const UsageFile file = InState(FileState::kAccepted);
  const std::string path = "/usage/files/" + file.id + "/reconciliation";
  const std::string rows = "id,external_billing_id,external_billing_note,status\n" +
                           usage::RecordId(file.id, 1) + ",INV-1,first,closed\nUR-0,INV-2,,\n";
  const Response refused = Send(path, "recon_file", rows, distributor_);
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(Body(refused)["closed"], 0);
  EXPECT_EQ(Body(refused)["results"][1]["row"], 3);
  EXPECT_EQ(Reload(file.id).counts.closed, 0);
  EXPECT_EQ(Send(path + "?partial=true", "recon_file", rows, distributor_).status, 206);
  EXPECT_EQ(Reload(file.id).counts.closed, 1);
  EXPECT_EQ(Send(path, "recon_file", "id,what\n", distributor_).status, 400);
  EXPECT_EQ(Send(path, "recon_file", "external_billing_id\nx\n", distributor_).status, 400);
  EXPECT_EQ(Send(path, "recon_file", "", distributor_).status, 400);
}

TEST_F(UsageApiTest, ATemplateHasTheColumnsOfItsProduct) {
  const Response plain = Do("GET", "/usage/products/PRD-100-200-300/template", vendor_);
  EXPECT_EQ(plain.status, 200);
  EXPECT_THAT(plain.body, testing::StartsWith("record_id,item_search_criteria"));
  EXPECT_THAT(plain.body, testing::Not(HasSubstr("amount")));
  EXPECT_THAT(Do("GET", "/usage/products/PRD-100-200-301/template", vendor_).body,
              HasSubstr("amount,tier"));
  EXPECT_EQ(Do("GET", "/usage/products/PRD-100-200-300/template", other_vendor_).status, 404);
}

TEST_F(UsageApiTest, RulesAreWrittenByThoseWhoJudge) {
  const std::string path = "/products/PRD-100-200-300/usage/rules";
  const Json rules = Json::array({{{"action", "accept"}, {"scope", "file"}, {"rule", ""}}});
  EXPECT_EQ(Do("PUT", path, vendor_, rules).status, 403);
  EXPECT_EQ(Do("PUT", path, reseller_, rules).status, 403);
  EXPECT_EQ(Do("PUT", path, distributor_, rules).status, 200);
  EXPECT_EQ(Body(Do("GET", path, vendor_)), rules);
  EXPECT_EQ(Do("GET", path, other_vendor_).status, 404);
  const Json faulty = Json::array({{{"action", "accept"}, {"scope", "file"}, {"rule", "x=1"}}});
  EXPECT_EQ(Do("PUT", path, distributor_, faulty).status, 400);
  EXPECT_EQ(Body(Do("GET", path, vendor_)), rules);
}

// As a report calls: through the broker, with a placeholder for a key.
class LocalConnectionTest : public UsageApiTest {
 protected:
  void SetUp() override {
    UsageApiTest::SetUp();
    local_.emplace(*api_);
  }

  Result<report::ApiReply> Call(const catalog::Account& owner, std::string method, std::string path,
                                std::string query = "",
                                std::vector<std::string> permitted = {"local"},
                                uint64_t most = uint64_t{10} << 20) {
    report::ConnectionSet connections;
    EXPECT_TRUE(connections.Add(local_->Describe(report::Access::kRead)));
    report::BrokerOptions options;
    options.permitted = std::move(permitted);
    options.placeholder = "ApiKey placeholder:0123456789abcdef";
    options.owner = owner;
    options.limits.max_response_bytes = most;
    report::Broker broker(connections, http_, std::move(options));
    report::ApiCall call;
    call.connection = "local";
    call.method = std::move(method);
    call.path = std::move(path);
    call.query = std::move(query);
    call.headers = {{"Authorization", "ApiKey placeholder:0123456789abcdef"}};
    return broker.Call(call);
  }

  net::HttpClient http_{{}};
  std::optional<LocalConnection> local_;
};

TEST_F(LocalConnectionTest, AReportSeesWhatItsOwnerMaySee) {
  const UsageFile file = InState(FileState::kReady);
  const auto own = Call(vendor_, "GET", "usage/records", "eq(usagefile.id," + file.id + ")");
  ASSERT_TRUE(own) << own.error().message;
  EXPECT_EQ(own->status, 200);
  EXPECT_EQ(ParseJson(own->body)->size(), 2U);
  const auto range = std::ranges::find(own->headers, "content-range", &net::Header::name);
  ASSERT_NE(range, own->headers.end());
  EXPECT_EQ(range->value, "items 0-1/2");
  const auto other = Call(other_vendor_, "GET", "usage/records");
  ASSERT_TRUE(other);
  EXPECT_EQ(other->body, "[]");
  EXPECT_EQ(Call(distributor_, "GET", "usage/files/" + file.id)->status, 404);
  EXPECT_EQ(Call(vendor_, "GET", "usage/files/" + file.id + "/download")->body, "a spreadsheet");
}

TEST_F(LocalConnectionTest, TheRulesOfEveryConnectionHoldForItToo) {
  const UsageFile file = InState(FileState::kReady);
  const auto write = Call(vendor_, "POST", "usage/files/" + file.id + "/submit");
  ASSERT_FALSE(write);
  EXPECT_EQ(write.error().code, Code::kDenied);
  EXPECT_EQ(Reload(file.id).status, FileState::kReady);
  const auto unnamed = Call(vendor_, "GET", "usage/files", "", {"other"});
  ASSERT_FALSE(unnamed);
  EXPECT_EQ(unnamed.error().code, Code::kDenied);
  const auto large = Call(vendor_, "GET", "usage/records", "", {"local"}, 100);
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().code, Code::kLimit);
}

}  // namespace
}  // namespace carrel::api
